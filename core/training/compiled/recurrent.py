"""Steps of a recurrent network's training, compiled to machine code: RNN, LSTM and GRU.

As mlp.py, for networks of core.models.recurrent: some layers in one or both directions and a linear map of
the last state, or of each one where symbols are read. A batch is worked off in portions of two vectors'
samples (through_time.py), whose gradients add up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.training.compiled import mlp
from core.training.compiled.cells import GRU, LSTM, RNN_RELU, RNN_TANH
from core.training.compiled.column_losses import loss_gradient
from core.training.compiled.compiling import compiled
from core.training.compiled.products import fill
from core.training.compiled.recurrent_layout import CELL, H, Network, X, Z
from core.training.compiled.simd import LANES
from core.training.compiled.through_time import backward_pass, forward_pass, prepare, table_gradient


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
def _batch_gradient(
    theta, gradient, work, shape, places, runs, data, order, start, batch, loss, rows, recorded
):
    """Fill gradient with that of a batch's mean loss, which is returned.

    recorded: where not empty, what read_backwards() records, and a copy of `work` before the way back.
    """
    inputs, symbols, targets = data
    symbol_of, lengths, chunk, weights, scratch = rows
    gradient[:] = 0
    prepare(theta, work, shape, places, runs)
    if shape.symbols:
        fill(work, places.table_gradient, shape.symbols * shape.padded, 0.0)
    weight = np.float32(1.0 / _count_targets(targets, order, start, batch, shape))
    total, lanes = 0.0, shape.lanes
    for portion in range(0, batch, lanes):
        some, size = start + portion, min(lanes, batch - portion)
        shortest = _gather(inputs, symbols, order, some, size, shape, work, runs[0][X], symbol_of, lengths)
        begin = _targets(targets, order, some, size, shape, weight, chunk, weights)
        forward_pass(theta, work, shape, places, runs, symbol_of, lengths, shortest, begin)
        for i in range(recorded[1].shape[0]):
            recorded[1][i] = work[i]
        at, step, columns, first = places.outputs, lanes, lanes, 0
        if shape.symbols:
            first = begin * lanes
            at, step, columns = places.outputs + lanes + first, shape.stride, shape.steps * lanes - first
        total += loss_gradient(
            *(loss[0], loss[1], work, at, step, columns, shape.outputs),
            *(chunk[first:], weights[first:], scratch),
        )
        backward_pass(
            theta, gradient, work, shape, places, runs, symbol_of, lengths, shortest, begin, recorded[0]
        )
    if shape.symbols:
        table_gradient(theta, gradient, work, shape, places, runs[0])
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
def _run(layout, data, order, samples, batch_size, rates, done, loss, optimizer, memory, recorded, result):
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
            theta, gradient, work, shape, places, runs, data, order, start, batch, loss, rows, recorded
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
    prepare(theta, work, shape, places, runs)
    for start in range(0, samples, lanes):
        size = min(lanes, samples - start)
        shortest = _gather(inputs, symbols, order, start, size, shape, work, runs[0][X], symbol_of, lengths)
        forward_pass(theta, work, shape, places, runs, symbol_of, lengths, shortest, 0)
        columns = shape.steps if shape.symbols else 1
        for lane in range(size):
            for row in range(shape.outputs):
                at = places.outputs + row * (shape.stride if shape.symbols else lanes) + lane
                for step in range(columns):
                    shift = (step + 1) * lanes if shape.symbols else 0
                    result[start + lane, row * columns + step] = work[at + shift]


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
_NOTHING = (_NONE, _NONE)


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
            *((memory.theta, memory.first, memory.second), _NOTHING, _NO_RESULT),
        )
    )


def outputs(network: Network, theta: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The network's outputs: float32 (samples, outputs), of symbols (samples, outputs, steps)."""
    columns = network.steps if network.symbols else 1
    result = np.empty((len(inputs), network.outputs * columns), np.float32)
    data = (*network.inputs_of(inputs), np.zeros((0, 0)))
    _run(
        *(network.layout(2 * LANES), data, np.arange(len(inputs)), len(inputs), len(inputs), _NO_RATES, 0),
        *((mlp.SQUARED, 0.0), (mlp.SGD, _NO_RATES, 0.0, _NONE), (theta, _NONE, _NONE), _NOTHING, result),
    )
    return result.reshape(len(inputs), network.outputs, columns) if network.symbols else result


def gradient(
    network: Network, theta: np.ndarray, data: Data, loss: int, smoothing: float = 0.0
) -> tuple[float, np.ndarray]:
    """The mean loss of all samples as one batch, and its gradient (parameters,)."""
    count, layout = len(data.targets), network.layout(len(data.targets))
    value = _run(
        *(layout, data.arrays, np.arange(count), count, count, _NO_RATES, 0, (loss, smoothing)),
        *((mlp.SGD, _NO_RATES, 0.0, _NONE), (theta, _NONE, _NONE), _NOTHING, _NO_RESULT),
    )
    return float(value), layout.gradient.copy()


@dataclass(frozen=True, eq=False)
class Unrolled:
    """One layer in one direction over time, of a few sequences.

    states: gates and states by the letters of core.models.cells, float32 (sequences, steps, units).
    Of the gradient of the sequences' mean loss, float32 (sequences, steps): back, its norm over the units of
    h as it comes back from the step that is read next; whole, with what the step's own output adds; cell, of
    an LSTM's c.
    """

    states: dict[str, np.ndarray]
    back: np.ndarray
    whole: np.ndarray
    cell: np.ndarray


LETTERS = {RNN_TANH: "", RNN_RELU: "", LSTM: "ifgo", GRU: "rzn"}


def unroll(network: Network, theta: np.ndarray, data: Data, loss: int) -> list[Unrolled]:
    """One training pass over a few sequences, recorded: of each layer and in it each direction.

    At most as many sequences as one portion has: two vectors' lanes.
    """
    count, layout = len(data.targets), network.layout(len(data.targets))
    steps, lanes, stride, units = network.steps, layout.shape.lanes, layout.shape.stride, network.units
    flow, work = np.zeros((len(layout.runs), 3, steps, lanes), np.float32), np.zeros_like(layout.work)
    _run(
        *(layout, data.arrays, np.arange(count), count, count, _NO_RATES, 0, (loss, 0.0)),
        *((mlp.SGD, _NO_RATES, 0.0, _NONE), (theta, _NONE, _NONE), (flow.ravel(), work), _NO_RESULT),
    )

    def over_time(row: int) -> np.ndarray:
        rows = work[row : row + units * stride].reshape(units, stride)[:, lanes : (steps + 1) * lanes]
        return rows.reshape(units, steps, lanes)[:, :, :count].transpose(2, 1, 0)

    unrolled = []
    norms_of_runs = np.sqrt(flow[..., :count]).transpose(0, 1, 3, 2)
    for one, norms in zip(layout.runs.tolist(), norms_of_runs, strict=True):
        places = {letter: one[Z] + n * units * stride for n, letter in enumerate(LETTERS[network.kind])}
        places |= {"c": one[CELL], "h": one[H]} if network.kind == LSTM else {"h": one[H]}
        states = {letter: over_time(place) for letter, place in places.items()}
        unrolled.append(Unrolled(states, *norms))
    return unrolled
