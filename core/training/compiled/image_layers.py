"""The layers of networks for images, forward and backward, on one flat array that holds all values.

A value of `channels` maps lies as (channels, rows, columns x batch), the batch innermost, inside the zeros of
the border that the convolution after it needs: what one column of its kernel sees of a row is one long row of
floats, whatever the batch, and no loop asks where the border is. Each function gets `arena`, the flat array,
and the layer's numbers: a row of integers whose columns are named below. A layer reads one value and writes
the next; a value's gradient lies without a border.

Counters begin with np.int64(0): for a bare 0 Numba would compile what is called with them twice.

Pooling comes before the activation where that never falls, which is then the same and spares the activation
most of its work; else it comes after.
"""

# mypy: disable-error-code="call-arg,var-annotated"
# (what Numba's intrinsics get beside what they are called with)
from __future__ import annotations

import numpy as np

from core.training.compiled.compiling import compiled, inlined
from core.training.compiled.image_tiles import (
    CORRELATED,
    HEIGHTS,
    correlate,
    multiply,
)
from core.training.compiled.kernels import activate
from core.training.compiled.simd import (
    LANES,
    broadcast,
    equal,
    fma,
    hsum,
    less,
    load,
    load_some,
    maximum,
    select,
    store,
    store_some,
    zero,
)

# Kinds of layers.
CONVOLUTION, MEAN, LINEAR = range(3)
# Columns of a layer's row; -1: none. *_AT are positions in the arena, WEIGHTS, BIAS and NORM in parameters.
KIND, KERNEL, STRIDE, POOL, POOL_STRIDE, HEIGHT, WIDTH, KEPT, KEPT_STRIDE, ADDS, ACTIVE = range(11)
(WEIGHTS, BIAS, NORM, STATISTICS, Z_AT, SLOPE_AT, WINNER_AT, MOMENTS_AT, CLEARS, LAYER_COLUMNS) = range(
    11, 21
)
# Columns of a value's row.
CHANNELS, ROWS, COLUMNS, BORDER, AT, GRADIENT_AT = range(6)
# Positions in the arena of what all layers use in turn, and addresses of the two products.
SCRATCH_AT, SCRATCH_SLOPE_AT, DELTA_AT, TURNED_AT, ZEROS_AT, MULTIPLY, CORRELATE = range(7)

NEAR = 6_000  # floats that leave room in the nearest cache for what is multiplied with them
EPSILON, MOMENTUM = 1e-5, 0.1  # of batch normalisation


@inlined
def _put(arena, at, vector, count):
    if count == LANES:
        store(arena, at, vector)
    else:
        store_some(arena, at, vector, count)


@compiled
def _tile_height(rows):
    """Of the tile that begins to cover so many rows: as even as the sizes that there are allow."""
    tiles = (rows + HEIGHTS[0] - 1) // HEIGHTS[0]
    even = (rows + tiles - 1) // tiles
    for height in HEIGHTS[::-1]:
        if even <= height <= rows:
            return height
    for height in HEIGHTS:
        if height <= rows:
            return height
    return 1


@compiled
def _correlated_height(rows, columns):
    for height, wide in CORRELATED:
        if wide == columns and height <= rows:
            return height
    return 1


@compiled
def _activate(arena, at, slope_at, length, activation):
    """Replace `length` values by the activation's, and write its slopes."""
    kind, parameter, _ = activation
    z, slope = arena[at : at + length], arena[slope_at : slope_at + length]
    activate(kind, parameter, z.reshape((1, length)), slope.reshape((1, length)), 1, length)


@compiled
def _multiply_by(arena, at, by_at, length):
    """Multiply `length` values by others."""
    for j in range(0, length, LANES):
        _put(arena, at + j, load(arena, at + j) * load(arena, by_at + j), min(LANES, length - j))


@compiled
def _copy(arena, at, to, length):
    for j in range(0, length, LANES):
        _put(arena, to + j, load(arena, at + j), min(LANES, length - j))


@compiled
def _scale(arena, at, to, length, factor, shift):
    """Write factor times `length` values plus shift."""
    factors, shifts = broadcast(factor), broadcast(shift)
    for j in range(0, length, LANES):
        _put(arena, to + j, fma(load(arena, at + j), factors, shifts), min(LANES, length - j))


@compiled
def _sum(arena, at, length):
    one, two = zero(), zero()
    whole = length // (2 * LANES) * (2 * LANES)
    for j in range(0, whole, 2 * LANES):
        one = one + load(arena, at + j)
        two = two + load(arena, at + j + LANES)
    for j in range(whole, length, LANES):
        one = one + load_some(arena, at + j, min(LANES, length - j))
    return hsum(one + two)


@compiled
def _sum_of_products(arena, at, other_at, length, mean):
    """The sum of values times (others - mean)."""
    total = zero()
    whole = length // LANES * LANES
    for j in range(0, whole, LANES):
        total = fma(load(arena, at + j), load(arena, other_at + j) - mean, total)
    for j in range(whole, length, LANES):
        count = min(LANES, length - j)
        total = fma(load_some(arena, at + j, count), load_some(arena, other_at + j, count) - mean, total)
    return hsum(total)


@compiled
def _sum_of_squares(arena, at, length, mean):
    """The sum of the squares of (values - mean)."""
    total = zero()
    whole = length // LANES * LANES
    for j in range(0, whole, LANES):
        above = load(arena, at + j) - mean
        total = fma(above, above, total)
    result = hsum(total)
    for j in range(whole, length):
        above = arena[at + j] - mean
        result += above * above
    return result


@compiled
def _row_at(value, channel, row, batch):
    """Where a row of a value begins, inside its border."""
    border = value[BORDER]
    stride = (value[COLUMNS] + 2 * border) * batch
    return value[AT] + (channel * (value[ROWS] + 2 * border) + row + border) * stride + border * batch


# Convolutions forward


@compiled
def _convolve_row(arena, theta, layer, value, shared, row, first, height, to, to_stride, batch):
    """One row of `height` maps of the output, from the map `first` on."""
    kernel, stride, channels = layer[KERNEL], layer[STRIDE], value[CHANNELS]
    x_row = (value[COLUMNS] + 2 * value[BORDER]) * batch
    x_channel = (value[ROWS] + 2 * value[BORDER]) * x_row
    area = kernel * kernel
    weights_at, bias_at = layer[WEIGHTS] + first * channels * area, layer[BIAS] + first
    columns, length = (1, layer[WIDTH] * batch) if stride == 1 else (layer[WIDTH], batch)
    out_strides = (to_stride, 1, channels * area, 0, length)
    numbers = out_strides + (channels, x_channel, area, kernel, x_row, kernel, kernel, batch, 1)  # noqa: RUF005 (Numba)
    for column in range(columns):
        x_at = value[AT] + row * stride * x_row + column * stride * batch
        at = to + column * batch
        if layer[BIAS] >= 0:
            multiply(
                shared[MULTIPLY],
                (height,),
                arena,
                at,
                theta,
                bias_at,
                theta,
                weights_at,
                arena,
                x_at,
                numbers,
            )
        else:
            multiply(
                shared[MULTIPLY],
                (height,),
                arena,
                at,
                arena,
                shared[ZEROS_AT],
                theta,
                weights_at,
                arena,
                x_at,
                numbers,
            )


@compiled
def _pool_row(arena, rows_at, slopes_at, layer, columns, to, winner_at, slope_at, batch):
    """The maxima of a row of squares, which of its square each was, and its slope where slopes_at >= 0.

    Of equal ones the first counts; NaN is greater than everything.
    """
    size, stride, row_stride = layer[POOL], layer[POOL_STRIDE], layer[WIDTH] * batch
    for column in range(columns):
        for j in range(0, batch, LANES):
            count, here = min(LANES, batch - j), column * stride * batch + j
            best, which, slope = load(arena, rows_at + here), zero(), zero()
            if slopes_at >= 0:
                slope = load(arena, slopes_at + here)
            number = np.float32(0)
            for above in range(size):
                for left in range(size):
                    offset = here + above * row_stride + left * batch
                    rival = load(arena, rows_at + offset)
                    wins = less(best, rival)
                    best = select(equal(rival, rival), maximum(best, rival), rival)
                    which = select(wins, broadcast(number), which)
                    if slopes_at >= 0:
                        slope = select(wins, load(arena, slopes_at + offset), slope)
                    number += np.float32(1)
            target = column * batch + j
            _put(arena, to + target, best, count)
            _put(arena, winner_at + target, which, count)
            if slopes_at >= 0:
                _put(arena, slope_at + target, slope, count)


@compiled
def _moments(arena, theta, running, layer, channels, frozen, batch):
    """Mean and inverse standard deviation of each map, of this batch or (frozen) the running ones."""
    size = layer[HEIGHT] * layer[WIDTH] * batch
    for c in range(channels):
        at = layer[STATISTICS] + c
        if frozen:
            mean, variance = running[at], running[at + channels]
        else:
            z_at = layer[Z_AT] + c * size
            mean = _sum(arena, z_at, size) / np.float32(size)
            squares = _sum_of_squares(arena, z_at, size, mean)
            variance = squares / np.float32(size)
            new = np.float32(MOMENTUM)
            running[at] += new * (mean - running[at])
            running[at + channels] += new * (squares / np.float32(size - 1) - running[at + channels])
        arena[layer[MOMENTS_AT] + c] = mean
        arena[layer[MOMENTS_AT] + channels + c] = np.float32(1.0) / np.sqrt(variance + np.float32(EPSILON))


@compiled
def _add_kept_row(arena, layer, kept, channel, row, to, batch):
    """Add the shortcut: every stride-th position of the value kept, in the channels that it has."""
    if channel < kept[CHANNELS]:
        stride = layer[KEPT_STRIDE]
        at = _row_at(kept, channel, row * stride, batch)
        for column in range(layer[WIDTH]):
            for b in range(batch):
                arena[to + column * batch + b] += arena[at + column * stride * batch + b]


@compiled
def convolution_forward(arena, theta, running, layer, number, values, shared, activation, frozen, batch):
    """Convolution, batch normalisation, shortcut, activation and pooling, as far as the layer has them."""
    value, out = values[number], values[number + 1]
    outputs, pool, length = out[CHANNELS], layer[POOL], layer[WIDTH] * batch
    out_length = out[COLUMNS] * batch
    out_channel = (out[ROWS] + 2 * out[BORDER]) * (out[COLUMNS] + 2 * out[BORDER]) * batch
    fused = layer[Z_AT] < 0
    first = np.int64(0)
    while first < outputs and not fused:
        height = _tile_height(outputs - first)
        channel = layer[HEIGHT] * length
        for row in range(layer[HEIGHT]):
            to = layer[Z_AT] + first * channel + row * length
            _convolve_row(arena, theta, layer, value, shared, row, first, height, to, channel, batch)
        first += height
    normed = layer[NORM] >= 0
    if normed:
        _moments(arena, theta, running, layer, outputs, frozen, batch)
    scratch, scratch_slopes = shared[SCRATCH_AT], shared[SCRATCH_SLOPE_AT]
    slopes_at = np.int64(-1) if activation[2] else scratch_slopes
    first = np.int64(0)
    while first < outputs:
        height = _tile_height(outputs - first)
        for row in range(out[ROWS]):
            if fused and pool == 1:
                to = _row_at(out, first, row, batch)
                _convolve_row(arena, theta, layer, value, shared, row, first, height, to, out_channel, batch)
            elif fused:
                for r in range(pool):
                    to = scratch + r * length
                    _convolve_row(
                        arena,
                        theta,
                        layer,
                        value,
                        shared,
                        row * pool + r,
                        first,
                        height,
                        to,
                        pool * length,
                        batch,
                    )
            for c in range(first, first + height):
                to = _row_at(out, c, row, batch)
                rows_at = to if pool == 1 else scratch + (c - first) * pool * length
                if not fused:
                    factor, shift = np.float32(1), np.float32(0)
                    if normed:
                        factor = theta[layer[NORM] + c] * arena[layer[MOMENTS_AT] + outputs + c]
                        shift = theta[layer[NORM] + outputs + c] - factor * arena[layer[MOMENTS_AT] + c]
                    z_at = layer[Z_AT] + (c * layer[HEIGHT] + row * layer[POOL_STRIDE]) * length
                    _scale(arena, z_at, rows_at, pool * length, factor, shift)
                if layer[KEPT] >= 0:
                    _add_kept_row(arena, layer, values[layer[KEPT]], c, row, rows_at, batch)
                at = (c * out[ROWS] + row) * out_length
                slope_at, winner_at = layer[SLOPE_AT] + at, layer[WINNER_AT] + at
                columns = out[COLUMNS]
                if pool == 1:
                    _activate(arena, to, slope_at, length, activation)
                    continue
                if not activation[2]:
                    _activate(arena, rows_at, scratch_slopes, pool * length, activation)
                _pool_row(arena, rows_at, slopes_at, layer, columns, to, winner_at, slope_at, batch)
                if activation[2]:
                    _activate(arena, to, slope_at, out_length, activation)
        first += height


# Convolutions backward


@compiled
def _clear_around(arena, at, row_stride, rows, top, height, left, width):
    """Write 0 into a map but for height rows and width floats of it."""
    for row in range(rows):
        here = at + row * row_stride
        if top <= row < top + height:
            arena[here : here + left] = 0
            arena[here + left + width : here + row_stride] = 0
        else:
            arena[here : here + row_stride] = 0


@compiled
def _spread_gradient(arena, layer, out, shared, border, batch):
    """The gradient of the layer's output where it comes from: inside a border of the delta map."""
    pool, stride = layer[POOL], layer[POOL_STRIDE]
    width = (layer[WIDTH] + 2 * border) * batch
    rows, columns = out[ROWS], out[COLUMNS]
    overlap = pool != stride
    for c in range(out[CHANNELS]):
        delta = shared[DELTA_AT] + c * (layer[HEIGHT] + 2 * border) * width
        inside = 0 if overlap else 1
        covered_rows, covered = inside * rows * pool, inside * columns * pool * batch
        _clear_around(
            arena, delta, width, layer[HEIGHT] + 2 * border, border, covered_rows, border * batch, covered
        )
        for row in range(rows):
            at = (c * rows + row) * columns * batch
            to = delta + (row * stride + border) * width + border * batch
            if pool == 1:
                _copy(arena, out[GRADIENT_AT] + at, to, columns * batch)
                continue
            for column in range(columns):
                for j in range(0, batch, LANES):
                    count, here = min(LANES, batch - j), column * batch + j
                    gradient = load(arena, out[GRADIENT_AT] + at + here)
                    which = load(arena, layer[WINNER_AT] + at + here)
                    number = np.float32(0)
                    for above in range(pool):
                        for left in range(pool):
                            target = to + above * width + (column * stride + left) * batch + j
                            here_only = select(equal(which, number), gradient, zero())
                            if overlap:
                                here_only = here_only + load(arena, target)
                            _put(arena, target, here_only, count)
                            number += np.float32(1)


@compiled
def _normalisation_backward(arena, theta, gradient, layer, channels, shared, border, frozen, batch):
    """Turn the delta map into the gradient by the convolution's output, and fill that of the two weights."""
    length, width = layer[WIDTH] * batch, (layer[WIDTH] + 2 * border) * batch
    size = np.float32(layer[HEIGHT] * length)
    for c in range(channels):
        mean, inverse = arena[layer[MOMENTS_AT] + c], arena[layer[MOMENTS_AT] + channels + c]
        delta = shared[DELTA_AT] + (c * (layer[HEIGHT] + 2 * border) + border) * width + border * batch
        z = layer[Z_AT] + c * layer[HEIGHT] * length
        total, product = np.float32(0), np.float32(0)
        for row in range(layer[HEIGHT]):
            total += _sum(arena, delta + row * width, length)
            product += _sum_of_products(arena, delta + row * width, z + row * length, length, mean)
        product *= inverse
        gradient[layer[NORM] + c], gradient[layer[NORM] + channels + c] = product, total
        factor = theta[layer[NORM] + c] * inverse
        by_z, constant = -factor * inverse * product / size, -factor * total / size
        if frozen:
            by_z, constant = np.float32(0), np.float32(0)
        factors, constants = broadcast(factor), broadcast(constant)
        for row in range(layer[HEIGHT]):
            for j in range(0, length, LANES):
                at = delta + row * width + j
                above = load(arena, z + row * length + j) - mean
                new = fma(load(arena, at), factors, fma(above, by_z, constants))
                _put(arena, at, new, min(LANES, length - j))


@compiled
def _weight_gradient(arena, gradient, layer, value, outputs, shared, border, batch):
    """Of the convolution's weights, and of its biases where it has some."""
    kernel, stride, channels = layer[KERNEL], layer[STRIDE], value[CHANNELS]
    x_row = (value[COLUMNS] + 2 * value[BORDER]) * batch
    x_channel = (value[ROWS] + 2 * value[BORDER]) * x_row
    d_row = (layer[WIDTH] + 2 * border) * batch
    d_channel = (layer[HEIGHT] + 2 * border) * d_row
    inside = shared[DELTA_AT] + border * d_row + border * batch
    area, rows, length = kernel * kernel, layer[HEIGHT], layer[WIDTH] * batch
    if layer[BIAS] >= 0:
        for o in range(outputs):
            total = np.float32(0)
            for row in range(rows):
                total += _sum(arena, inside + o * d_channel + row * d_row, length)
            gradient[layer[BIAS] + o] = total
    # A row of the output is one long row of floats, or apart where the kernel strides over the input.
    segments, length = (1, length) if stride == 1 else (layer[WIDTH], batch)
    column = np.int64(0)
    while column < kernel:
        columns = 5 if kernel - column >= 5 else 3 if kernel - column >= 3 else 1
        first = np.int64(0)
        while first < outputs:
            height = _correlated_height(outputs - first, columns)
            # So many rows that they stay in the nearest cache while all of the kernel goes over them.
            portion = max(1, NEAR // (height * layer[WIDTH] * batch))
            for top in range(0, rows, portion):
                sizes = (channels * area, d_channel, batch, length, min(portion, rows - top))
                numbers = sizes + (d_row, x_row * stride, segments, batch, stride * batch, min(top, 1))  # noqa: RUF005 (Numba)
                for i in range(channels):
                    for k in range(kernel):
                        to = layer[WEIGHTS] + (first * channels + i) * area + k * kernel + column
                        x_at = value[AT] + i * x_channel + (top * stride + k) * x_row + column * batch
                        at = inside + first * d_channel + top * d_row
                        correlate(
                            shared[CORRELATE],
                            (height, columns),
                            gradient,
                            to,
                            arena,
                            at,
                            arena,
                            x_at,
                            numbers,
                        )
            first += height
        column += columns


@compiled
def _input_gradient(arena, theta, layer, value, outputs, shared, border, batch):
    """By the convolution's input; added to what is there if a shortcut has left its gradient."""
    kernel, stride, channels = layer[KERNEL], layer[STRIDE], value[CHANNELS]
    area, padding = kernel * kernel, value[BORDER]
    d_row = (layer[WIDTH] + 2 * border) * batch
    d_channel = (layer[HEIGHT] + 2 * border) * d_row
    length = value[COLUMNS] * batch
    channel, zeros = value[ROWS] * length, shared[ZEROS_AT]
    adds = layer[ADDS] > 0
    lanes, start_stride = (1, channel) if adds else (0, 1)
    first = np.int64(0)
    while first < channels:
        height = _tile_height(channels - first)
        for row in range(value[ROWS]):
            at = value[GRADIENT_AT] + first * channel + row * length
            if stride == 1:
                delta_at = shared[DELTA_AT] + row * d_row
                weights_at = layer[WEIGHTS] + first * area + area - 1
                sizes = (channel, start_stride, area, lanes, length)
                over_outputs = (outputs, d_channel, channels * area)
                over_kernel = (kernel, d_row, -kernel, kernel, batch, -1)
                numbers = sizes + over_outputs + over_kernel
                multiply(
                    shared[MULTIPLY],
                    (height,),
                    arena,
                    at,
                    arena,
                    at if adds else zeros,
                    theta,
                    weights_at,
                    arena,
                    delta_at,
                    numbers,
                )
                continue
            # The kernel's rows that see this one from some position of the output, and its columns alike.
            k = (row + padding) % stride
            seen = (kernel - k + stride - 1) // stride
            top = shared[DELTA_AT] + ((row + padding - k) // stride + border) * d_row
            for column in range(value[COLUMNS]):
                m = (column + padding) % stride
                seen_columns = (kernel - m + stride - 1) // stride
                delta_at = top + ((column + padding - m) // stride + border) * batch
                weights_at = layer[WEIGHTS] + first * area + k * kernel + m
                target = at + column * batch
                sizes = (channel, start_stride, area, lanes, batch)
                over_outputs = (outputs, d_channel, channels * area)
                over_kernel = (seen, -d_row, stride * kernel, seen_columns, -batch, stride)
                numbers = sizes + over_outputs + over_kernel
                multiply(
                    shared[MULTIPLY],
                    (height,),
                    arena,
                    target,
                    arena,
                    target if adds else zeros,
                    theta,
                    weights_at,
                    arena,
                    delta_at,
                    numbers,
                )
        first += height


@compiled
def _keep_gradient(arena, layer, kept, out, batch):
    """Add the shortcut's gradient, which is the output's, to that of the value kept, or begin it."""
    stride, length = layer[KEPT_STRIDE], out[COLUMNS] * batch
    size = kept[CHANNELS] * kept[ROWS] * kept[COLUMNS] * batch
    if layer[CLEARS] > 0:
        arena[kept[GRADIENT_AT] : kept[GRADIENT_AT] + size] = 0
    for c in range(min(kept[CHANNELS], out[CHANNELS])):
        for row in range(out[ROWS]):
            at = out[GRADIENT_AT] + (c * out[ROWS] + row) * length
            to = kept[GRADIENT_AT] + (c * kept[ROWS] + row * stride) * kept[COLUMNS] * batch
            for column in range(out[COLUMNS]):
                for b in range(batch):
                    arena[to + column * stride * batch + b] += arena[at + column * batch + b]


@compiled
def convolution_backward(arena, theta, gradient, layer, number, values, shared, frozen, batch):
    """Fill the gradient of the layer's parameters and, but for the first layer, of its input."""
    value, out = values[number], values[number + 1]
    outputs, stride = out[CHANNELS], layer[STRIDE]
    size = outputs * out[ROWS] * out[COLUMNS] * batch
    _multiply_by(arena, out[GRADIENT_AT], layer[SLOPE_AT], size)
    if layer[KEPT] >= 0:
        _keep_gradient(arena, layer, values[layer[KEPT]], out, batch)
    # As far as the kernel sees beyond the output from the positions of the input.
    border = layer[KERNEL] if stride > 1 else layer[KERNEL] - 1 - value[BORDER]
    border = 0 if number == 0 else border
    _spread_gradient(arena, layer, out, shared, border, batch)
    if layer[NORM] >= 0:
        _normalisation_backward(arena, theta, gradient, layer, outputs, shared, border, frozen, batch)
    _weight_gradient(arena, gradient, layer, value, outputs, shared, border, batch)
    if number > 0:
        _input_gradient(arena, theta, layer, value, outputs, shared, border, batch)


# Means of maps, and fully connected layers


@compiled
def mean_forward(arena, value, out, batch):
    """The mean of each map."""
    positions = value[ROWS] * value[COLUMNS]
    for c in range(value[CHANNELS]):
        for b in range(batch):
            total = np.float32(0)
            for p in range(positions):
                total += arena[value[AT] + (c * positions + p) * batch + b]
            arena[out[AT] + c * batch + b] = total / np.float32(positions)


@compiled
def mean_backward(arena, value, out, batch):
    """An equal part of the gradient for each position."""
    positions = value[ROWS] * value[COLUMNS]
    for c in range(value[CHANNELS]):
        for p in range(positions):
            for b in range(batch):
                part = arena[out[GRADIENT_AT] + c * batch + b] / np.float32(positions)
                arena[value[GRADIENT_AT] + (c * positions + p) * batch + b] = part


@compiled
def linear_forward(arena, theta, layer, value, out, shared, activation, batch):
    """A fully connected layer and its activation, if one follows."""
    fan_in = value[CHANNELS] * value[ROWS] * value[COLUMNS]
    units, first = out[CHANNELS], np.int64(0)
    numbers = (batch, 1, fan_in, 0, batch, 1, 0, 0, 1, 0, 0, fan_in, batch, 1)
    while first < units:
        height = _tile_height(units - first)
        at, weights_at = out[AT] + first * batch, layer[WEIGHTS] + first * fan_in
        bias_at = layer[BIAS] + first
        multiply(
            shared[MULTIPLY],
            (height,),
            arena,
            at,
            theta,
            bias_at,
            theta,
            weights_at,
            arena,
            value[AT],
            numbers,
        )
        first += height
    if layer[ACTIVE] > 0:
        _activate(arena, out[AT], layer[SLOPE_AT], units * batch, activation)


@compiled
def linear_backward(arena, theta, gradient, layer, number, values, shared, batch):
    """Fill the gradient of weights, biases and, but for the first layer, of the input."""
    value, out = values[number], values[number + 1]
    fan_in, units = value[CHANNELS] * value[ROWS] * value[COLUMNS], out[CHANNELS]
    delta, turned, zeros = out[GRADIENT_AT], shared[TURNED_AT], shared[ZEROS_AT]
    if layer[ACTIVE] > 0:
        _multiply_by(arena, delta, layer[SLOPE_AT], units * batch)
    for o in range(units):
        gradient[layer[BIAS] + o] = _sum(arena, delta + o * batch, batch)
    # Rows of the gradient are long, the batch is short: so the inputs are its lanes.
    for i in range(fan_in):
        for b in range(batch):
            arena[turned + b * fan_in + i] = arena[value[AT] + i * batch + b]
    numbers = (fan_in, 1, batch, 0, fan_in, 1, 0, 0, 1, 0, 0, batch, fan_in, 1)
    first = np.int64(0)
    while first < units:
        height = _tile_height(units - first)
        to, delta_at = layer[WEIGHTS] + first * fan_in, delta + first * batch
        multiply(
            shared[MULTIPLY], (height,), gradient, to, arena, zeros, arena, delta_at, arena, turned, numbers
        )
        first += height
    numbers = (batch, 1, 1, 0, batch, 1, 0, 0, 1, 0, 0, units, batch, fan_in)
    first = np.int64(0)
    while first < fan_in and number > 0:
        height = _tile_height(fan_in - first)
        at = value[GRADIENT_AT] + first * batch
        multiply(
            shared[MULTIPLY],
            (height,),
            arena,
            at,
            arena,
            zeros,
            theta,
            layer[WEIGHTS] + first,
            arena,
            delta,
            numbers,
        )
        first += height
