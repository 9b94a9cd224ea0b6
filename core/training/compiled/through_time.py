"""Forward and backward through time: a portion of a batch through recurrent layers and their output.

What all steps do alike is one product: inputs times W before the steps, and after them all gradients of
weights. Symbols enter through a table, W times the embedding of each, since there are fewer symbols than
symbols read. Sequences that have ended keep their state and add nothing to any gradient, as torch.nn has it
of packed ones.
"""

from __future__ import annotations

from core.training.compiled.cells import GRU, LSTM, backward, forward
from core.training.compiled.compiling import compiled
from core.training.compiled.products import add_outer_products, add_products, fill, row_sum, transposed
from core.training.compiled.recurrent_layout import (
    BIAS,
    CELL,
    DX,
    DY,
    FEATURES,
    PACKED_U,
    PACKED_W,
    TANH_CELL,
    B,
    C,
    H,
    U,
    W,
    X,
    Z,
)
from core.training.compiled.simd import LANES, broadcast, fma, load, store
from core.training.compiled.symbol_tables import add_by_symbol, look_up

_FEW_FEATURES = 4  # which are added up in one pass over the sums


@compiled
def prepare(theta, work, shape, places, runs):
    """Weights in the order in which the products read them, biases added up, and the table of symbols."""
    units, rows = shape.units, shape.gates * shape.units
    for run in range(shape.layers * shape.directions):
        one = runs[run]
        transposed(theta, one[U], rows, units, work, one[PACKED_U], rows)
        transposed(theta, one[W], rows, one[FEATURES], work, one[PACKED_W], rows)
        bias, b, c = one[BIAS], one[B], one[C]
        for row in range(rows):
            work[bias + row] = theta[b + row]
            if shape.kind == GRU and row >= 2 * units:
                work[bias + row + units] = theta[c + row]
            else:
                work[bias + row] += theta[c + row]
    read = shape.directions * units
    transposed(theta, places.theta_output, shape.outputs, read, work, places.output_weights, shape.outputs)
    if shape.symbols:
        one, width, features, padded = runs[0], shape.width, shape.features, shape.padded
        transposed(theta, places.theta_embedding, shape.symbols, features, work, places.embedding, width)
        transposed(theta, one[W], rows, features, work, places.turned, padded)
        for symbol in range(shape.symbols):
            for row in range(rows):
                work[places.table + symbol * padded + row] = work[one[BIAS] + row]
        add_products(
            *(work, places.embedding, width, work, places.turned, padded, features),
            *(work, places.table, padded, shape.symbols, padded),
        )


@compiled
def _set_mask(work, mask, lengths, step, lanes):
    for lane in range(lanes):
        work[mask + lane] = 1.0 if step < lengths[lane] else 0.0


@compiled
def _keep_states(work, rows, dense, mask, units, lanes, stride, at, before):
    """Where a sequence has ended its state stays what it was."""
    for unit in range(units):
        for lane in range(0, lanes, LANES):
            here = rows + unit * stride + lane
            valid = load(work, mask + lane)
            kept = fma(valid, load(work, here + at), (1.0 - valid) * load(work, here + before))
            store(work, here + at, kept)
            if dense >= 0:
                store(work, dense + unit * lanes + lane, kept)


@compiled
def _inputs_times_weights(theta, work, shape, places, one, is_first, symbol_of):
    """The sums of all steps as far as they come from below, with the biases."""
    lanes, stride, columns = shape.lanes, shape.stride, shape.steps * shape.lanes
    rows, z, features = shape.gates * shape.units, one[Z] + shape.lanes, one[FEATURES]
    filled = 0
    if is_first and shape.symbols > 0:
        look_up(work, places.table, shape.padded, symbol_of, work, z, stride, rows, columns)
        filled = rows
    elif features <= _FEW_FEATURES:
        for row in range(rows):
            at, weights, bias = z + row * stride, one[W] + row * features, work[one[BIAS] + row]
            for column in range(0, columns, LANES):
                sum_ = broadcast(bias)
                for feature in range(features):
                    x = load(work, one[X] + feature * stride + lanes + column)
                    sum_ = fma(x, theta[weights + feature], sum_)
                store(work, at + column, sum_)
        filled = rows
    for row in range(filled, shape.blocks * shape.units):
        fill(work, z + row * stride, columns, work[one[BIAS] + row])
    if filled == 0:
        add_products(
            *(work, one[PACKED_W], rows, work, one[X] + lanes, stride, features),
            *(work, z, stride, rows, columns),
        )


@compiled
def _read_forwards(work, shape, places, one, is_backwards, lengths, shortest):
    """All steps of one layer in one direction."""
    kind, units, lanes, stride, steps = shape.kind, shape.units, shape.lanes, shape.stride, shape.steps
    rows, now = shape.gates * units, places.now
    z, h, cell, packed = one[Z], one[H], one[CELL], one[PACKED_U]
    first_rows = 2 * units if kind == GRU else rows
    for count in range(steps):
        step = steps - 1 - count if is_backwards else count
        at = (step + 1) * lanes
        before = at + lanes if is_backwards else at - lanes
        if count:
            add_products(work, packed, rows, work, now, lanes, units, work, z + at, stride, first_rows, lanes)
            if kind == GRU:
                add_products(
                    *(work, packed + first_rows, rows, work, now, lanes, units),
                    *(work, z + 3 * units * stride + at, stride, units, lanes),
                )
        forward(kind, work, z, h, cell, one[TANH_CELL], now, stride, units, lanes, at, before)
        if step >= shortest:
            _set_mask(work, places.mask, lengths, step, lanes)
            _keep_states(work, h, now, places.mask, units, lanes, stride, at, before)
            if kind == LSTM:
                _keep_states(work, cell, -1, places.mask, units, lanes, stride, at, before)


@compiled
def forward_pass(theta, work, shape, places, runs, symbol_of, lengths, shortest, begin):
    """The outputs of a portion from its inputs; of symbols those from step `begin` on."""
    for run in range(shape.layers * shape.directions):
        one = runs[run]
        _inputs_times_weights(theta, work, shape, places, one, run < shape.directions, symbol_of)
        is_backwards = run % shape.directions == 1
        _read_forwards(work, shape, places, one, is_backwards, lengths, shortest)
    units, lanes, stride, outputs = shape.units, shape.lanes, shape.stride, shape.outputs
    read, bias = shape.directions * units, places.theta_output + outputs * shape.directions * units
    h = runs[(shape.layers - 1) * shape.directions][H]
    if shape.symbols:
        first = (begin + 1) * lanes
        columns, at, step = (shape.steps - begin) * lanes, h + first, stride
        to = places.outputs + first
    else:
        for row in range(read):
            last = lanes if row >= units else shape.steps * lanes
            for lane in range(lanes):
                work[places.last + row * lanes + lane] = work[h + row * stride + last + lane]
        columns, at, step, to = lanes, places.last, lanes, places.outputs
    for row in range(outputs):
        fill(work, to + row * step, columns, theta[bias + row])
    add_products(
        *(work, places.output_weights, outputs, work, at, step, read),
        *(work, to, step, outputs, columns),
    )


@compiled
def _output_gradient(theta, gradient, work, shape, places, runs, begin):
    """Weights of the output, and the last layer's states."""
    units, lanes, stride, outputs = shape.units, shape.lanes, shape.stride, shape.outputs
    read, weights = shape.directions * units, places.theta_output
    bias = weights + outputs * read
    one = runs[(shape.layers - 1) * shape.directions]
    h, dy = one[H], one[DY]
    if shape.symbols:
        first = (begin + 1) * lanes
        columns, at, step, delta, to = (
            (shape.steps - begin) * lanes,
            h + first,
            stride,
            places.outputs + first,
            dy + first,
        )
        fill(work, dy, read * stride, 0.0)
    else:
        columns, at, step, delta, to = lanes, places.last, lanes, places.outputs, places.last_gradient
        fill(work, to, read * lanes, 0.0)
    add_outer_products(work, delta, step, work, at, step, columns, gradient, weights, outputs, read)
    _add_row_sums(work, delta, step, columns, gradient, bias, outputs)
    add_products(theta, weights, read, work, delta, step, outputs, work, to, step, read, columns)
    if not shape.symbols:
        for row in range(read):
            last = lanes if row >= units else shape.steps * lanes
            for lane in range(lanes):
                work[dy + row * stride + last + lane] = work[to + row * lanes + lane]


@compiled
def _add_row_sums(work, at, step, columns, gradient, to, rows):
    for row in range(rows):
        gradient[to + row] += row_sum(work, at + row * step, columns)


@compiled
def _hold(work, dense, held, mask, dy, units, lanes, stride):
    """Take what passes by sequences that have ended out of a gradient; dy: rows of what is added, or -1."""
    for unit in range(units):
        for lane in range(0, lanes, LANES):
            here, valid = unit * lanes + lane, load(work, mask + lane)
            value = load(work, dense + here)
            if dy >= 0:
                above = load(work, dy + unit * stride + lane)
                store(work, dy + unit * stride + lane, valid * above)
                store(work, held + here, (1.0 - valid) * (value + above))
            else:
                store(work, held + here, (1.0 - valid) * value)
            store(work, dense + here, valid * value)


@compiled
def _release(work, dense, held, count):
    for here in range(0, count, LANES):
        store(work, dense + here, load(work, dense + here) + load(work, held + here))


@compiled
def _read_backwards(theta, work, shape, places, one, is_backwards, lengths, shortest, flow, flow_at):
    """The gradient by all steps' sums, from the step that was read last to the first.

    flow: where asked for, squared norms over units of the gradient by h that comes back from the step that is
    read next, of that with the layer's own output, and by the cell: (3, steps, lanes) from flow_at on.
    """
    kind, units, lanes, stride, steps = shape.kind, shape.units, shape.lanes, shape.stride, shape.steps
    rows, now, dense = shape.gates * units, places.now, units * lanes
    carried, carried_cell = places.carried, places.carried_cell
    fill(work, carried, dense, 0.0)
    fill(work, carried_cell, dense, 0.0)
    for count in range(steps):
        step = count if is_backwards else steps - 1 - count
        at = (step + 1) * lanes
        before = at + lanes if is_backwards else at - lanes
        if flow.shape[0]:
            _record_flow(
                work, carried, one[DY] + at, carried_cell, units, lanes, stride, flow, flow_at, steps, step
            )
        ended = step >= shortest
        if ended:
            _set_mask(work, places.mask, lengths, step, lanes)
            _hold(work, carried, places.held, places.mask, one[DY] + at, units, lanes, stride)
            if kind == LSTM:
                _hold(work, carried_cell, places.held_cell, places.mask, -1, units, lanes, stride)
        backward(
            *(kind, work, one[Z], one[H], one[CELL], one[TANH_CELL], one[DY], carried, carried_cell),
            *(now, stride, units, lanes, at, before),
        )
        if count < steps - 1:
            add_products(theta, one[U], units, work, now, lanes, rows, work, carried, lanes, units, lanes)
        if ended:
            _release(work, carried, places.held, dense)
            if kind == LSTM:
                _release(work, carried_cell, places.held_cell, dense)


@compiled
def _record_flow(work, carried, dy, carried_cell, units, lanes, stride, flow, flow_at, steps, step):
    at = flow_at + step * lanes
    for unit in range(units):
        for lane in range(lanes):
            back = work[carried + unit * lanes + lane]
            whole, cell = back + work[dy + unit * stride + lane], work[carried_cell + unit * lanes + lane]
            flow[at + lane] += back * back
            flow[at + steps * lanes + lane] += whole * whole
            flow[at + 2 * steps * lanes + lane] += cell * cell


@compiled
def _weight_gradients(theta, gradient, work, shape, places, one, is_first, is_backwards, symbol_of):
    """What all steps of one layer and direction add to the gradient by W, U, their biases and the inputs."""
    units, lanes, stride, columns = shape.units, shape.lanes, shape.stride, shape.steps * shape.lanes
    rows, features, z = shape.gates * units, one[FEATURES], one[Z] + shape.lanes
    states = one[H] + (2 * lanes if is_backwards else 0)
    first_rows = 2 * units if shape.kind == GRU else rows
    add_outer_products(work, z, stride, work, states, stride, columns, gradient, one[U], first_rows, units)
    for row in range(rows):
        total = row_sum(work, z + row * stride, columns)
        gradient[one[B] + row] += total
        if row < first_rows:
            gradient[one[C] + row] += total
    if shape.kind == GRU:
        from_h, to = z + 3 * units * stride, one[U] + first_rows * units
        add_outer_products(work, from_h, stride, work, states, stride, columns, gradient, to, units, units)
        _add_row_sums(work, from_h, stride, columns, gradient, one[C] + first_rows, units)
    if is_first and shape.symbols:
        add_by_symbol(work, places.table_gradient, shape.padded, symbol_of, work, z, stride, rows, columns)
        return
    x = one[X] + lanes
    add_outer_products(work, z, stride, work, x, stride, columns, gradient, one[W], rows, features)
    if not is_first:
        add_products(
            theta, one[W], features, work, z, stride, rows, work, one[DX] + lanes, stride, features, columns
        )


@compiled
def backward_pass(theta, gradient, work, shape, places, runs, symbol_of, lengths, shortest, begin, flow):
    """Add a portion's gradient, from that by its outputs."""
    _output_gradient(theta, gradient, work, shape, places, runs, begin)
    for run in range(shape.layers * shape.directions - 1, -1, -1):
        one = runs[run]
        is_first, is_backwards = run < shape.directions, run % shape.directions == 1
        if not is_first and run % shape.directions == shape.directions - 1:
            fill(work, one[DX], one[FEATURES] * shape.stride, 0.0)
        flow_at = run * 3 * shape.steps * shape.lanes
        _read_backwards(theta, work, shape, places, one, is_backwards, lengths, shortest, flow, flow_at)
        _weight_gradients(theta, gradient, work, shape, places, one, is_first, is_backwards, symbol_of)


@compiled
def table_gradient(theta, gradient, work, shape, places, one):
    """From the gradient by the table of symbols that by W and the embedding."""
    rows, width, features, padded = shape.gates * shape.units, shape.width, shape.features, shape.padded
    table, to = places.turned, places.embedding_gradient
    fill(work, table, rows * width, 0.0)
    transposed(work, places.table_gradient, shape.symbols, padded, work, table, width)
    add_outer_products(
        *(work, table, width, work, places.embedding, width, width, gradient, one[W], rows, features)
    )
    fill(work, to, features * width, 0.0)
    add_products(theta, one[W], features, work, table, width, rows, work, to, width, features, width)
    for symbol in range(shape.symbols):
        for feature in range(features):
            at = places.theta_embedding + symbol * features + feature
            gradient[at] += work[to + feature * width + symbol]
