"""Steps of a recurrent network's training, compiled to machine code: RNN, LSTM and GRU.

As mlp.py, for networks of core.models.recurrent: some layers in one or both directions and a linear map of
the last state, or of each one where symbols are read. A batch is worked off in portions of two vectors'
samples. Each value is a row over time and samples: its samples at step t lie from (t + 1) * lanes on, between
two steps of zeros, so that each direction begins with zeros. So what all steps do alike is one product: inputs
times W before the steps, and after them all gradients of weights.

Symbols enter through a table, W times the embedding of each, since there are fewer symbols than symbols read.
Sequences that have ended keep their state and add nothing to any gradient, as packed ones in torch.nn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from core.training.compiled import mlp
from core.training.compiled.cells import GRU, LSTM, RNN_RELU, RNN_TANH, backward, forward
from core.training.compiled.compiling import compiled
from core.training.compiled.elementary import exp
from core.training.compiled.kernels import exp as exp64
from core.training.compiled.kernels import sigmoid as sigmoid64
from core.training.compiled.products import add_outer_products, add_products, transposed
from core.training.compiled.simd import LANES, fma, load, maximum, store, zero

KINDS = {"RNN_TANH": RNN_TANH, "RNN_RELU": RNN_RELU, "LSTM": LSTM, "GRU": GRU}  # by torch.nn's mode
_GATES = {RNN_TANH: 1, RNN_RELU: 1, LSTM: 4, GRU: 3}  # blocks of rows of W and U
_BLOCKS = _GATES | {GRU: 4}  # blocks of rows of z


class _Shape(NamedTuple):
    """Numbers that all kernels need; symbols is 0 where numbers are read."""

    kind: int
    gates: int
    blocks: int
    units: int
    layers: int
    directions: int
    features: int
    outputs: int
    steps: int
    symbols: int
    lanes: int
    stride: int  # of a row over time
    width: int  # of a row over symbols


class _Places(NamedTuple):
    """Where each thing begins in the work array, and in theta."""

    table: int
    table_gradient: int
    embedding: int
    embedding_gradient: int
    output_weights: int
    last: int  # the states that the output reads, dense, where it reads one of each sample
    last_gradient: int
    outputs: int
    now: int
    carried: int
    carried_cell: int
    held: int  # what passes by a step that has ended
    held_cell: int
    going: int  # 1 for each sample that has not ended
    theta_output: int
    theta_embedding: int


# What is kept of each layer and direction: columns of the table of runs.
_W, _U, _B, _C, _FEATURES, _X, _H, _Z, _CELL, _TANH_CELL, _DY, _DX, _PACKED_W, _PACKED_U, _BIAS = range(15)


@compiled
def _prepare(theta, work, shape, places, runs):
    """Weights in the order in which the products read them, biases added up, and the table of symbols."""
    units, rows = shape.units, shape.gates * shape.units
    for run in range(shape.layers * shape.directions):
        one = runs[run]
        transposed(theta, one[_U], rows, units, work, one[_PACKED_U], rows)
        transposed(theta, one[_W], rows, one[_FEATURES], work, one[_PACKED_W], rows)
        bias, b, c = one[_BIAS], one[_B], one[_C]
        for row in range(rows):
            work[bias + row] = theta[b + row]
            if shape.kind == GRU and row >= 2 * units:
                work[bias + row + units] = theta[c + row]
            else:
                work[bias + row] += theta[c + row]
    read = shape.directions * units
    transposed(theta, places.theta_output, shape.outputs, read, work, places.output_weights, shape.outputs)
    if shape.symbols:
        one, width, features = runs[0], shape.width, shape.features
        transposed(theta, places.theta_embedding, shape.symbols, features, work, places.embedding, width)
        for row in range(rows):
            at = places.table + row * width
            work[at : at + width] = work[one[_BIAS] + row]
        add_products(
            *(work, one[_PACKED_W], rows, work, places.embedding, width, features),
            *(work, places.table, width, rows, width),
        )


@compiled
def _gather(inputs, symbols, order, start, batch, shape, work, x, symbol_of, lengths):
    """A portion of the batch's inputs; returns after how many steps the first sequence ends."""
    steps, lanes, features = shape.steps, shape.lanes, shape.features
    shortest = steps
    if shape.symbols:
        for lane in range(lanes):
            sample = order[start + min(lane, batch - 1)]
            for step in range(steps):
                symbol_of[step * lanes + lane] = symbols[sample, step]
        return shortest
    for lane in range(lanes):
        sample, length = order[start + min(lane, batch - 1)], 0
        for step in range(steps):
            missing = True
            for feature in range(features):
                number = inputs[sample, step * features + feature]
                if number == number:
                    missing = False
                work[x + feature * shape.stride + (step + 1) * lanes + lane] = number
            if missing:
                for feature in range(features):
                    work[x + feature * shape.stride + (step + 1) * lanes + lane] = 0
            else:
                length += 1
        lengths[lane] = length
        shortest = min(shortest, length)
    return shortest


@compiled
def _set_going(work, going, lengths, step, lanes):
    for lane in range(lanes):
        work[going + lane] = 1.0 if step < lengths[lane] else 0.0


@compiled
def _keep_states(work, rows, dense, going, units, lanes, stride, at, before):
    """Where a sequence has ended its state stays what it was."""
    for unit in range(units):
        for lane in range(0, lanes, LANES):
            here = rows + unit * stride + lane
            goes = load(work, going + lane)
            kept = fma(goes, load(work, here + at), (1.0 - goes) * load(work, here + before))
            store(work, here + at, kept)
            if dense >= 0:
                store(work, dense + unit * lanes + lane, kept)


@compiled
def _inputs_times_weights(work, shape, places, one, is_first, symbol_of):
    """The sums of all steps as far as they come from below, with the biases."""
    lanes, stride, columns = shape.lanes, shape.stride, shape.steps * shape.lanes
    rows, z = shape.gates * shape.units, one[_Z] + shape.lanes
    from_table = is_first and shape.symbols > 0
    for row in range(shape.blocks * shape.units):
        at = z + row * stride
        if from_table and row < rows:
            entry = places.table + row * shape.width
            for column in range(columns):
                work[at + column] = work[entry + symbol_of[column]]
        else:
            work[at : at + columns] = work[one[_BIAS] + row]
    if not from_table:
        add_products(
            *(work, one[_PACKED_W], rows, work, one[_X] + lanes, stride, one[_FEATURES]),
            *(work, z, stride, rows, columns),
        )


@compiled
def _read_forwards(work, shape, places, one, is_backwards, lengths, shortest):
    """All steps of one layer in one direction."""
    kind, units, lanes, stride, steps = shape.kind, shape.units, shape.lanes, shape.stride, shape.steps
    rows, now = shape.gates * units, places.now
    z, h, cell, packed = one[_Z], one[_H], one[_CELL], one[_PACKED_U]
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
        forward(kind, work, z, h, cell, one[_TANH_CELL], now, stride, units, lanes, at, before)
        if step >= shortest:
            _set_going(work, places.going, lengths, step, lanes)
            _keep_states(work, h, now, places.going, units, lanes, stride, at, before)
            if kind == LSTM:
                _keep_states(work, cell, -1, places.going, units, lanes, stride, at, before)


@compiled
def _forward(theta, work, shape, places, runs, symbol_of, lengths, shortest, begin):
    """The outputs of a portion from its inputs; of symbols those from step `begin` on."""
    for run in range(shape.layers * shape.directions):
        one = runs[run]
        _inputs_times_weights(work, shape, places, one, run < shape.directions, symbol_of)
        is_backwards = run % shape.directions == 1
        _read_forwards(work, shape, places, one, is_backwards, lengths, shortest)
    units, lanes, stride, outputs = shape.units, shape.lanes, shape.stride, shape.outputs
    read, bias = shape.directions * units, places.theta_output + outputs * shape.directions * units
    h = runs[(shape.layers - 1) * shape.directions][_H]
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
        work[to + row * step : to + row * step + columns] = theta[bias + row]
    add_products(
        *(work, places.output_weights, outputs, work, at, step, read),
        *(work, to, step, outputs, columns),
    )


@compiled
def _softmax_gradient(work, z, step, columns, outputs, targets, weights, smoothing, scratch):
    """Replace logits by the gradient of the weighted cross-entropies; returns their sum."""
    total, even = 0.0, smoothing / outputs
    for column in range(0, columns, LANES):
        at = z + column
        largest, sum_ = load(work, at), zero()
        for row in range(outputs):
            logit = load(work, at + row * step)
            largest = maximum(logit, largest)  # NaN stays NaN
            sum_ = sum_ + logit
        store(scratch, 0, sum_ - largest * np.float32(outputs))
        store(scratch, LANES, largest)
        for lane in range(LANES):
            if weights[column + lane] != 0:
                row = np.int64(targets[column + lane])
                scratch[2 * LANES + lane] = work[at + row * step + lane] - scratch[LANES + lane]
        exps = zero()
        for row in range(outputs):
            e = exp(load(work, at + row * step) - largest)
            store(work, at + row * step, e)
            exps = exps + e
        weight = load(weights, column)
        scale, spread = weight / exps, weight * np.float32(even)
        for row in range(outputs):
            store(work, at + row * step, load(work, at + row * step) * scale - spread)
        store(scratch, LANES, exps)
        for lane in range(LANES):
            weight = weights[column + lane]
            if weight != 0:
                row = np.int64(targets[column + lane])
                work[at + row * step + lane] -= np.float32(1.0 - smoothing) * weight
                log_exps = math.log(scratch[LANES + lane])
                right = scratch[2 * LANES + lane] - log_exps
                all_ = scratch[lane] - outputs * log_exps
                total -= weight * ((1.0 - smoothing) * right + even * all_)
    return total


@compiled
def _loss_gradient(loss, smoothing, work, z, step, columns, outputs, targets, weights, scratch):
    """Replace outputs by the loss's gradient, of which each column has its weight; returns the loss."""
    if loss == mlp.SOFTMAX:
        return _softmax_gradient(work, z, step, columns, outputs, targets, weights, smoothing, scratch)
    total = 0.0
    for column in range(columns):
        x, weight = np.float64(work[z + column]), np.float64(weights[column])
        if loss == mlp.BINARY:
            y = targets[column] * (1.0 - smoothing) + 0.5 * smoothing
            work[z + column] = np.float32((sigmoid64(x) - y) * weight)
            total += weight * ((x if x > 0 else 0.0) - x * y + math.log1p(exp64(-abs(x))))
        else:
            error = x - targets[column]
            work[z + column] = np.float32(2.0 * error * weight)
            total += weight * error * error
    return total


@compiled
def _output_gradient(theta, gradient, work, shape, places, runs, begin):
    """Weights of the output, and the last layer's states."""
    units, lanes, stride, outputs = shape.units, shape.lanes, shape.stride, shape.outputs
    read, weights = shape.directions * units, places.theta_output
    bias = weights + outputs * read
    one = runs[(shape.layers - 1) * shape.directions]
    h, dy = one[_H], one[_DY]
    if shape.symbols:
        first = (begin + 1) * lanes
        columns, at, step, delta, to = (
            (shape.steps - begin) * lanes,
            h + first,
            stride,
            places.outputs + first,
            dy + first,
        )
        for row in range(read):
            work[dy + row * stride : dy + (row + 1) * stride] = 0
    else:
        columns, at, step, delta, to = lanes, places.last, lanes, places.outputs, places.last_gradient
        work[to : to + read * lanes] = 0
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
        total = np.float32(0)
        for column in range(columns):
            total += work[at + row * step + column]
        gradient[to + row] += total


@compiled
def _hold(work, dense, held, going, dy, units, lanes, stride):
    """Take what passes by sequences that have ended out of a gradient; dy: rows of what is added, or -1."""
    for unit in range(units):
        for lane in range(0, lanes, LANES):
            here, goes = unit * lanes + lane, load(work, going + lane)
            value = load(work, dense + here)
            if dy >= 0:
                above = load(work, dy + unit * stride + lane)
                store(work, dy + unit * stride + lane, goes * above)
                store(work, held + here, (1.0 - goes) * (value + above))
            else:
                store(work, held + here, (1.0 - goes) * value)
            store(work, dense + here, goes * value)


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
    work[carried : carried + dense] = 0
    work[carried_cell : carried_cell + dense] = 0
    for count in range(steps):
        step = count if is_backwards else steps - 1 - count
        at = (step + 1) * lanes
        before = at + lanes if is_backwards else at - lanes
        if flow.shape[0]:
            _record_flow(
                work, carried, one[_DY] + at, carried_cell, units, lanes, stride, flow, flow_at, steps, step
            )
        ended = step >= shortest
        if ended:
            _set_going(work, places.going, lengths, step, lanes)
            _hold(work, carried, places.held, places.going, one[_DY] + at, units, lanes, stride)
            if kind == LSTM:
                _hold(work, carried_cell, places.held_cell, places.going, -1, units, lanes, stride)
        backward(
            *(kind, work, one[_Z], one[_H], one[_CELL], one[_TANH_CELL], one[_DY], carried, carried_cell),
            *(now, stride, units, lanes, at, before),
        )
        if count < steps - 1:
            add_products(theta, one[_U], units, work, now, lanes, rows, work, carried, lanes, units, lanes)
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
    rows, features, z = shape.gates * units, one[_FEATURES], one[_Z] + shape.lanes
    states = one[_H] + (2 * lanes if is_backwards else 0)
    first_rows = 2 * units if shape.kind == GRU else rows
    add_outer_products(work, z, stride, work, states, stride, columns, gradient, one[_U], first_rows, units)
    _add_row_sums(work, z, stride, columns, gradient, one[_B], rows)
    _add_row_sums(work, z, stride, columns, gradient, one[_C], first_rows)
    if shape.kind == GRU:
        from_h, to = z + 3 * units * stride, one[_U] + first_rows * units
        add_outer_products(work, from_h, stride, work, states, stride, columns, gradient, to, units, units)
        _add_row_sums(work, from_h, stride, columns, gradient, one[_C] + first_rows, units)
    if is_first and shape.symbols:
        for row in range(rows):
            entry, at = places.table_gradient + row * shape.width, z + row * stride
            for column in range(columns):
                work[entry + symbol_of[column]] += work[at + column]
        return
    x = one[_X] + lanes
    add_outer_products(work, z, stride, work, x, stride, columns, gradient, one[_W], rows, features)
    if not is_first:
        add_products(
            theta, one[_W], features, work, z, stride, rows, work, one[_DX] + lanes, stride, features, columns
        )


@compiled
def _backward(theta, gradient, work, shape, places, runs, symbol_of, lengths, shortest, begin, flow):
    """Add a portion's gradient, from that by its outputs."""
    _output_gradient(theta, gradient, work, shape, places, runs, begin)
    for run in range(shape.layers * shape.directions - 1, -1, -1):
        one = runs[run]
        is_first, is_backwards = run < shape.directions, run % shape.directions == 1
        if not is_first and run % shape.directions == shape.directions - 1:
            dx = one[_DX]
            work[dx : dx + one[_FEATURES] * shape.stride] = 0
        flow_at = run * 3 * shape.steps * shape.lanes
        _read_backwards(theta, work, shape, places, one, is_backwards, lengths, shortest, flow, flow_at)
        _weight_gradients(theta, gradient, work, shape, places, one, is_first, is_backwards, symbol_of)


@compiled
def _table_gradient(theta, gradient, work, shape, places, one):
    """From the gradient by the table of symbols that by W and the embedding."""
    rows, width, features = shape.gates * shape.units, shape.width, shape.features
    table, to = places.table_gradient, places.embedding_gradient
    add_outer_products(
        *(work, table, width, work, places.embedding, width, width, gradient, one[_W], rows, features)
    )
    work[to : to + features * width] = 0
    add_products(theta, one[_W], features, work, table, width, rows, work, to, width, features, width)
    for symbol in range(shape.symbols):
        for feature in range(features):
            at = places.theta_embedding + symbol * features + feature
            gradient[at] += work[to + feature * width + symbol]


@compiled
def _targets(targets, order, start, batch, shape, weight, chunk, weights):
    """Targets and weights of a portion by columns; returns the first step that has a target."""
    lanes, begin = shape.lanes, shape.steps
    if not shape.symbols:
        for lane in range(lanes):
            chunk[lane] = targets[order[start + min(lane, batch - 1)], 0]
            weights[lane] = weight if lane < batch else 0.0
        return 0
    for lane in range(lanes):
        sample = order[start + min(lane, batch - 1)]
        for step in range(shape.steps):
            target = targets[sample, step]
            has = lane < batch and target >= 0
            chunk[step * lanes + lane] = target if has else 0.0
            weights[step * lanes + lane] = weight if has else 0.0
            if has:
                begin = min(begin, step)
    return min(begin, shape.steps - 1)


@compiled
def _count_targets(targets, order, start, batch, shape):
    if not shape.symbols:
        return batch
    count = 0
    for b in range(batch):
        for step in range(shape.steps):
            if targets[order[start + b], step] >= 0:
                count += 1
    return count


@compiled
def _batch_gradient(theta, gradient, work, shape, places, runs, data, order, start, batch, loss, rows, flow):
    """Fill gradient with that of a batch's mean loss, which is returned."""
    inputs, symbols, targets = data
    symbol_of, lengths, chunk, weights, scratch = rows
    gradient[:] = 0
    _prepare(theta, work, shape, places, runs)
    if shape.symbols:
        table = places.table_gradient
        work[table : table + shape.gates * shape.units * shape.width] = 0
    weight = np.float32(1.0 / _count_targets(targets, order, start, batch, shape))
    total, lanes = 0.0, shape.lanes
    for portion in range(0, batch, lanes):
        some, size = start + portion, min(lanes, batch - portion)
        shortest = _gather(inputs, symbols, order, some, size, shape, work, runs[0][_X], symbol_of, lengths)
        begin = _targets(targets, order, some, size, shape, weight, chunk, weights)
        _forward(theta, work, shape, places, runs, symbol_of, lengths, shortest, begin)
        if shape.symbols:
            first = begin * lanes
            total += _loss_gradient(
                *(loss[0], loss[1], work, places.outputs + lanes + first, shape.stride),
                *((shape.steps - begin) * lanes, shape.outputs, chunk[first:], weights[first:], scratch),
            )
        else:
            total += _loss_gradient(
                *(
                    loss[0],
                    loss[1],
                    work,
                    places.outputs,
                    lanes,
                    lanes,
                    shape.outputs,
                    chunk,
                    weights,
                    scratch,
                )
            )
        _backward(theta, gradient, work, shape, places, runs, symbol_of, lengths, shortest, begin, flow)
    if shape.symbols:
        _table_gradient(theta, gradient, work, shape, places, runs[0])
    return total


@compiled
def _clip(gradient, longest):
    """Shorten the gradient to this L2 norm, as torch.nn.utils.clip_grad_norm_ does."""
    total = 0.0
    for i in range(gradient.shape[0]):
        total += np.float64(gradient[i]) * gradient[i]
    factor = longest / (math.sqrt(total) + 1e-6)
    if not factor >= 1.0:  # NaN spreads, so that it is seen
        for i in range(gradient.shape[0]):
            gradient[i] *= np.float32(factor)


@compiled
def _add_signs(gradient, theta, l1):
    """The gradient of l1 (parameters,) times absolute weights."""
    for i in range(l1.shape[0]):
        sign = np.float32(1.0) if theta[i] > 0 else np.float32(-1.0) if theta[i] < 0 else np.float32(0.0)
        gradient[i] += l1[i] * sign


@compiled
def _run(layout, data, order, samples, batch_size, rates, done, loss, optimizer, memory, flow, result):
    """All entries in one function, so that the machine compiles and loads the steps once.

    With a result, the outputs of the samples of `order`; without rates, the gradient of one batch of them.
    """
    shape, places, runs, work, rows, gradient = layout
    theta, first, second = memory
    kind, hyper, longest, l1 = optimizer
    if result.shape[0]:
        _outputs(theta, work, shape, places, runs, data, order, rows, result)
        return 0.0
    steps_a_pass, last, count = (samples + batch_size - 1) // batch_size, 0.0, rates.shape[0]
    for step in range(max(1, count)):
        within = step % steps_a_pass * batch_size
        start = step // steps_a_pass * samples + within
        batch = min(batch_size, samples - within)
        last = _batch_gradient(
            theta, gradient, work, shape, places, runs, data, order, start, batch, loss, rows, flow
        )
        if count == 0:
            return last
        if longest > 0:
            _clip(gradient, longest)
        _add_signs(gradient, theta, l1)
        mlp.update(kind, theta, gradient, first, second, done + step + 1, rates[step], hyper)
    return last


@compiled
def _outputs(theta, work, shape, places, runs, data, order, rows, result):
    """Fill result (samples, outputs) or (samples, outputs * steps)."""
    inputs, symbols, _ = data
    symbol_of, lengths, _, _, _ = rows
    lanes, samples = shape.lanes, order.shape[0]
    _prepare(theta, work, shape, places, runs)
    for start in range(0, samples, lanes):
        size = min(lanes, samples - start)
        shortest = _gather(inputs, symbols, order, start, size, shape, work, runs[0][_X], symbol_of, lengths)
        _forward(theta, work, shape, places, runs, symbol_of, lengths, shortest, 0)
        columns = shape.steps if shape.symbols else 1
        for lane in range(size):
            for row in range(shape.outputs):
                at = places.outputs + row * (shape.stride if shape.symbols else lanes) + lane
                for step in range(columns):
                    shift = (step + 1) * lanes if shape.symbols else 0
                    result[start + lane, row * columns + step] = work[at + shift]


def _aligned_zeros(count: int) -> np.ndarray:
    """float32 zeros that begin at a multiple of 64 bytes, so that no vector lies in two lines of a cache."""
    room = np.zeros(count + 16, np.float32)
    first = -room.ctypes.data // 4 % 16
    return room[first : first + count]


class _Layout(NamedTuple):
    """What the kernels are given of a network beside its numbers."""

    shape: _Shape
    places: _Places
    runs: np.ndarray  # int64 (layers * directions, 15)
    work: np.ndarray  # float32
    rows: tuple[np.ndarray, ...]
    gradient: np.ndarray  # float32 (parameters,)


@dataclass(frozen=True)
class Network:
    """A SequenceNetwork or, where symbols is not 0, a SymbolNetwork of core.models.recurrent."""

    kind: int  # RNN_TANH, RNN_RELU, LSTM or GRU
    features: int  # of a step, or of a symbol's embedding
    units: int
    outputs: int
    steps: int  # of the longest sequence
    layers: int = 1
    directions: int = 1
    symbols: int = 0

    @property
    def parameters(self) -> int:
        """Weights and biases of all layers, and the embedding."""
        return self._theta()[-1]

    @property
    def multiplications(self) -> int:
        """Of one sample's way forward; symbols take the first layer's from a table."""
        return self.steps * self.parameters

    def _theta(self) -> tuple[list[tuple[int, int]], int, int]:
        """Of each layer and direction where it begins and its features; where the output does; the end."""
        at, rows, begins = self.symbols * self.features, _GATES[self.kind] * self.units, []
        for layer in range(self.layers):
            features = self.directions * self.units if layer else self.features
            for _ in range(self.directions):
                begins.append((at, features))
                at += rows * (features + self.units + 2)
        return begins, at, at + self.outputs * (self.directions * self.units + 1)

    @cached_property
    def _layouts(self) -> dict[int, _Layout]:
        return {}

    def layout(self, batch: int) -> _Layout:
        """Memory for portions of batches of this size, made once."""
        lanes = LANES if batch <= LANES else 2 * LANES
        if lanes not in self._layouts:
            self._layouts[lanes] = self._new_layout(lanes)
        return self._layouts[lanes]

    def _new_layout(self, lanes: int) -> _Layout:
        units, both = self.units, self.directions * self.units
        gates, blocks = _GATES[self.kind], _BLOCKS[self.kind]
        # Rows that begin a power of two apart would share few lines of the nearest cache.
        stride = ((self.steps + 2) * lanes // LANES | 1) * LANES
        width = -(-self.symbols // LANES) * LANES
        shape = _Shape(
            *(self.kind, gates, blocks, units, self.layers, self.directions, self.features, self.outputs),
            *(self.steps, self.symbols, lanes, stride, width),
        )
        end = 0

        def room(numbers: int) -> int:
            nonlocal end
            begin, end = end, end + -(-numbers // LANES) * LANES
            return begin

        begins, output, _ = self._theta()
        x = room((0 if self.symbols else self.features) * stride)
        runs, dy_below = [], 0
        for layer in range(self.layers):
            h, dy = room(both * stride), room(both * stride)
            for direction in range(self.directions):
                at, features = begins[layer * self.directions + direction]
                rows = gates * units
                of_cell = units * stride if self.kind == LSTM else 0
                shift = direction * units * stride
                runs.append(
                    (
                        *(at, at + rows * features, at + rows * (features + units)),
                        *(at + rows * (features + units + 1), features, x, h + shift),
                        *(room(blocks * units * stride), room(of_cell), room(of_cell), dy + shift, dy_below),
                        *(room(rows * features), room(rows * units), room(blocks * units)),
                    )
                )
            x, dy_below = h, dy
        rows, on_table = gates * units, gates * units * width
        places = _Places(
            *(room(on_table), room(on_table), room(self.features * width), room(self.features * width)),
            *(room(both * self.outputs), room(both * lanes), room(both * lanes)),
            room(self.outputs * (stride if self.symbols else lanes)),
            *(room(rows * lanes), *(room(units * lanes) for _ in range(4)), room(lanes)),
            *(output, 0),
        )
        columns = self.steps * lanes
        of_columns = (
            *(np.zeros(columns, np.int32), np.zeros(lanes, np.int64), np.zeros(columns)),
            *(np.zeros(columns, np.float32), np.zeros(3 * LANES, np.float32)),
        )
        gradient = np.zeros(self.parameters, np.float32)
        return _Layout(shape, places, np.array(runs), _aligned_zeros(end), of_columns, gradient)

    def inputs_of(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Numbers float32 (samples, steps * features), symbols int32 (samples, steps): one of them empty."""
        if self.symbols:
            return np.zeros((0, 0), np.float32), np.ascontiguousarray(inputs, np.int32)
        return np.ascontiguousarray(inputs, np.float32), np.zeros((0, 0), np.int32)

    def is_weight(self) -> np.ndarray:
        """Of each parameter whether it is a weight and no bias, bool (parameters,)."""
        begins, _, end = self._theta()
        mask, rows = np.ones(end, bool), _GATES[self.kind] * self.units
        for at, features in begins:
            biases = at + rows * (features + self.units)
            mask[biases : biases + 2 * rows] = False
        mask[end - self.outputs :] = False
        return mask


@dataclass(frozen=True, eq=False)
class Data:
    """What a training learns from, as kernels read it."""

    inputs: np.ndarray  # float32 (samples, steps * features), NaN after a sequence's end; empty of symbols
    symbols: np.ndarray  # int32 (samples, steps); empty of numbers
    targets: np.ndarray  # float64 (samples, 1), or of symbols (samples, steps), negative where there is none

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.inputs, self.symbols, self.targets


_NONE, _NO_RATES, _NO_RESULT = np.zeros(0, np.float32), np.zeros(0), np.zeros((0, 0), np.float32)


def take_steps(
    network: Network,
    optimizer: mlp.Optimizer,
    memory: mlp.Memory,
    data: Data,
    order: np.ndarray,
    batch_size: int,
    rates: np.ndarray,
    done: int,
    loss: int,
    smoothing: float = 0.0,
    passes: int = 1,
    clip_norm: float | None = None,
    l1: float = 0.0,
) -> float:
    """As mlp.take_steps; clip_norm and l1 as in TrainConfig."""
    hyper = np.array([optimizer.weight_decay, optimizer.momentum, optimizer.beta2, optimizer.epsilon])
    signs = np.float32(l1) * network.is_weight().astype(np.float32) if l1 else _NONE
    return float(
        _run(
            *(network.layout(batch_size), data.arrays, order, len(order) // passes, batch_size, rates, done),
            *((loss, smoothing), (optimizer.kind, hyper, clip_norm or 0.0, signs)),
            *((memory.theta, memory.first, memory.second), _NONE, _NO_RESULT),
        )
    )


def outputs(network: Network, theta: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The network's outputs: float32 (samples, outputs), of symbols (samples, outputs, steps)."""
    columns = network.steps if network.symbols else 1
    result = np.empty((len(inputs), network.outputs * columns), np.float32)
    data = (*network.inputs_of(inputs), np.zeros((0, 0)))
    _run(
        *(network.layout(2 * LANES), data, np.arange(len(inputs)), len(inputs), len(inputs), _NO_RATES, 0),
        *((mlp.SQUARED, 0.0), (mlp.SGD, _NO_RATES, 0.0, _NONE), (theta, _NONE, _NONE), _NONE, result),
    )
    return result.reshape(len(inputs), network.outputs, columns) if network.symbols else result


def gradient(
    network: Network, theta: np.ndarray, data: Data, loss: int, smoothing: float = 0.0
) -> tuple[float, np.ndarray]:
    """The mean loss of all samples as one batch, and its gradient (parameters,)."""
    count, layout = len(data.targets), network.layout(len(data.targets))
    value = _run(
        *(layout, data.arrays, np.arange(count), count, count, _NO_RATES, 0, (loss, smoothing)),
        *((mlp.SGD, _NO_RATES, 0.0, _NONE), (theta, _NONE, _NONE), _NONE, _NO_RESULT),
    )
    return float(value), layout.gradient.copy()
