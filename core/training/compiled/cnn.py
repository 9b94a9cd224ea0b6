"""Steps of a small convolutional network's training, compiled to machine code.

For the shape of LeNet: stages of a 5 x 5 convolution, max-pooling and an activation, then fully connected
layers. Values of a map are kept as (channels, rows, columns x batch), the batch innermost: a row of a map and
all that the kernel's five columns see of it are then five long vectors, one batch apart, and a whole row of
the output comes from multiplying and adding them. The input of each convolution lies in an array with its
zero border, so that no loop asks where the border is.

Pooling comes before the activation, which for an activation that never falls is the same and spares the
activation three quarters of its work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.training.compiled.kernels import LANES, activate, compiled
from core.training.compiled.mlp import (
    Memory,
    Network,
    Optimizer,
    backward,
    forward,
    loss_gradient,
    update,
)

KERNEL = 5


@compiled
def _convolve(x, weights, bias, out, batch):
    """Correlate x (inputs, rows + 4, (columns + 4) batch) into out (outputs, rows, columns batch).

    weights (outputs, inputs, 5, 5), bias (outputs,). Two outputs at a time share what is loaded of x.
    """
    rows, length = out.shape[1], out.shape[2]
    for o in range(0, out.shape[0], 2):
        for r in range(rows):
            one, two = out[o, r], out[o + 1, r]
            one[:] = bias[o]
            two[:] = bias[o + 1]
            for i in range(x.shape[0]):
                for k in range(KERNEL):
                    x0 = x[i, r + k]
                    x1, x2, x3, x4 = x0[batch:], x0[2 * batch :], x0[3 * batch :], x0[4 * batch :]
                    u, v = weights[o, i, k], weights[o + 1, i, k]
                    u0, u1, u2, u3, u4 = u[0], u[1], u[2], u[3], u[4]
                    v0, v1, v2, v3, v4 = v[0], v[1], v[2], v[3], v[4]
                    for j in range(length):
                        a, b, c, d, e = x0[j], x1[j], x2[j], x3[j], x4[j]
                        one[j] += u0 * a + u1 * b + u2 * c + u3 * d + u4 * e
                        two[j] += v0 * a + v1 * b + v2 * c + v3 * d + v4 * e


@compiled
def _weight_gradient(x, delta, border, gradient, bias_gradient, batch):
    """Fill gradient (outputs, inputs, 5, 5) and bias_gradient (outputs,).

    x: the convolution's input with its border, as in _convolve. delta: the loss's gradient by its output,
    with a border of `border` zeros.
    """
    rows, length = x.shape[1] - KERNEL + 1, x.shape[2] - (KERNEL - 1) * batch
    start, stop = border * batch, border * batch + length
    zero = np.float32(0)
    for o in range(0, gradient.shape[0], 2):
        sum_one, sum_two = zero, zero
        for r in range(rows):
            one, two = delta[o, r + border, start:stop], delta[o + 1, r + border, start:stop]
            for j in range(length):
                sum_one += one[j]
                sum_two += two[j]
        bias_gradient[o], bias_gradient[o + 1] = sum_one, sum_two
        for i in range(x.shape[0]):
            for k in range(KERNEL):
                u0, u1, u2, u3, u4 = zero, zero, zero, zero, zero
                v0, v1, v2, v3, v4 = zero, zero, zero, zero, zero
                for r in range(rows):
                    one, two = delta[o, r + border, start:stop], delta[o + 1, r + border, start:stop]
                    x0 = x[i, r + k]
                    x1, x2, x3, x4 = x0[batch:], x0[2 * batch :], x0[3 * batch :], x0[4 * batch :]
                    for j in range(length):
                        d, e = one[j], two[j]
                        u0 += d * x0[j]
                        u1 += d * x1[j]
                        u2 += d * x2[j]
                        u3 += d * x3[j]
                        u4 += d * x4[j]
                        v0 += e * x0[j]
                        v1 += e * x1[j]
                        v2 += e * x2[j]
                        v3 += e * x3[j]
                        v4 += e * x4[j]
                u, v = gradient[o, i, k], gradient[o + 1, i, k]
                u[0], u[1], u[2], u[3], u[4] = u0, u1, u2, u3, u4
                v[0], v[1], v[2], v[3], v[4] = v0, v1, v2, v3, v4


@compiled
def _turn_kernels(weights, out):
    """What the gradient by the input is a convolution with: outputs and inputs swapped, kernels turned."""
    for o in range(weights.shape[0]):
        for i in range(weights.shape[1]):
            for k in range(KERNEL):
                for m in range(KERNEL):
                    out[i, o, k, m] = weights[o, i, KERNEL - 1 - k, KERNEL - 1 - m]


@compiled
def _pool(x, size, out, winner, batch):
    """Maxima of x (channels, rows, columns batch) over size x size, into out (positions, batch).

    winner (positions, batch) is which of the size^2 values it was, the first of equal ones. Rows and columns
    that fill no whole square are left out.
    """
    rows, columns = x.shape[1] // size, x.shape[2] // batch // size
    position = 0
    for channel in range(x.shape[0]):
        for row in range(rows):
            for column in range(columns):
                best, which = out[position], winner[position]
                start = column * size * batch
                first = x[channel, row * size, start : start + batch]
                for b in range(batch):
                    best[b] = first[b]
                    which[b] = 0
                for k in range(1, size * size):
                    at = start + k % size * batch
                    rival, number = x[channel, row * size + k // size, at : at + batch], np.float32(k)
                    for b in range(batch):
                        more = rival[b] > best[b]
                        best[b] = rival[b] if more else best[b]
                        which[b] = number if more else which[b]
                position += 1


@compiled
def _unpool(delta, winner, size, out, border, columns, batch):
    """Put delta (positions, batch) where the maxima came from, 0 elsewhere, inside the border of out."""
    per_channel = (out.shape[1] - 2 * border) // size * columns
    for position in range(out.shape[0] * per_channel):
        channel, inside = position // per_channel, position % per_channel
        top, left = inside // columns * size + border, inside % columns * size + border
        values, which = delta[position], winner[position]
        for k in range(size * size):
            at = (left + k % size) * batch
            here, number = out[channel, top + k // size, at : at + batch], np.float32(k)
            for b in range(batch):
                here[b] = values[b] if which[b] == number else np.float32(0)


@compiled
def _copy_inside(values, out, border, batch):
    """Copy values (positions, batch) inside the border of out (channels, rows, columns batch)."""
    rows, length = out.shape[1] - 2 * border, out.shape[2] - 2 * border * batch
    columns = length // batch
    for channel in range(out.shape[0]):
        for row in range(rows):
            here, first = out[channel, row + border], (channel * rows + row) * columns
            for column in range(columns):
                at = (border + column) * batch
                for b in range(batch):
                    here[at + b] = values[first + column, b]


@compiled
def _gather(inputs, order, start, count, out, border, batch):
    """The samples order[start : start + count] of inputs (samples, features), inside the border of out."""
    rows, columns = out.shape[1] - 2 * border, out.shape[2] // batch - 2 * border
    for b in range(batch):
        sample = order[start + b] if b < count else 0
        feature = 0
        for channel in range(out.shape[0]):
            for row in range(rows):
                here = out[channel, row + border]
                for column in range(columns):
                    value = inputs[sample, feature] if b < count else np.float32(0)
                    here[(border + column) * batch + b] = value
                    feature += 1


@compiled
def _steps(
    inputs, targets, order, samples, batch_size, rates, done, network, loss, optimizer, memory, maps, work
):
    stages, ends, sizes, activations, parameters = network
    kind, hyper = optimizer
    theta, first, second = memory
    x, y, pooled, slope, winner, outer, inner, turned, nothing = maps
    values, slopes, delta, before, gradient, batch_targets = work
    count, layers, padded = stages.shape[0], sizes.shape[0] - 1, values.shape[2]
    steps_a_pass, last = (samples + batch_size - 1) // batch_size, 0.0
    for step in range(rates.shape[0]):
        within = step % steps_a_pass * batch_size
        start = step // steps_a_pass * samples + within
        batch = min(batch_size, samples - within)
        for b in range(batch):
            batch_targets[b] = targets[order[start + b]]
        _gather(inputs, order, start, batch, x[0], stages[0, 2], padded)

        for s in range(count):
            outputs, maps_in = stages[s, 0], stages[s, 1]
            bias = ends[s] - outputs
            weights = theta[ends[s] - outputs - outputs * maps_in * 25 : bias].reshape(
                (outputs, maps_in, KERNEL, KERNEL)
            )
            _convolve(x[s], weights, theta[bias : ends[s]], y[s], padded)
            _pool(y[s], stages[s, 3], pooled[s], winner[s], padded)
            activate(activations[0], parameters[0], pooled[s], slope[s], pooled[s].shape[0], padded)
            if s + 1 < count:
                _copy_inside(pooled[s], x[s + 1], stages[s + 1, 2], padded)
        forward(theta[ends[count - 1] :], sizes, activations, parameters, values, slopes, padded)

        with_loss = step == rates.shape[0] - 1
        last = loss_gradient(
            loss[0], loss[1], values[layers], batch_targets, delta, sizes[layers], batch, with_loss
        )
        back = backward(
            theta[ends[count - 1] :],
            gradient[ends[count - 1] :],
            sizes,
            values,
            slopes,
            delta,
            before,
            padded,
            True,
        )
        for s in range(count - 1, -1, -1):
            outputs, maps_in, padding, size = stages[s, 0], stages[s, 1], stages[s, 2], stages[s, 3]
            bias = ends[s] - outputs
            begin, border = bias - outputs * maps_in * 25, KERNEL - 1 - padding
            _unpool(back, winner[s], size, outer[s], border, y[s].shape[2] // padded // size, padded)
            shape = (outputs, maps_in, KERNEL, KERNEL)
            into = gradient[begin:bias].reshape(shape)
            _weight_gradient(x[s], outer[s], border, into, gradient[bias : ends[s]], padded)
            if s > 0:
                around = turned[: outputs * maps_in * 25].reshape((maps_in, outputs, KERNEL, KERNEL))
                _turn_kernels(theta[begin:bias].reshape(shape), around)
                _convolve(outer[s], around, nothing, inner[s], padded)
                back = inner[s].reshape((pooled[s - 1].shape[0], padded))
                for position in range(back.shape[0]):
                    for b in range(padded):
                        back[position, b] *= slope[s - 1][position, b]
        update(kind, theta, gradient, first, second, done + step + 1, rates[step], hyper)
    return last


@dataclass(frozen=True)
class Stage:
    """A 5 x 5 convolution with an even number of outputs, its zero border, and the pooling after it."""

    channels: int
    padding: int
    pool: int


@dataclass(frozen=True)
class ConvNetwork:
    """Stages, then a fully connected network; the activation follows each pooling and each hidden layer.

    shape: (channels, rows, columns) of the input. dense.sizes begins with the features that the last stage
    gives.
    """

    shape: tuple[int, int, int]
    stages: tuple[Stage, ...]
    dense: Network

    @property
    def parameters(self) -> int:
        """Weights and biases of all layers."""
        return self._ends()[-1] + self.dense.parameters

    def shapes(self) -> list[tuple[int, int, int]]:
        """(channels, rows, columns) of each stage's input, and last of what the fully connected part gets."""
        shapes = [self.shape]
        for stage in self.stages:
            _, rows, columns = shapes[-1]
            shrinks = KERNEL - 1 - 2 * stage.padding
            shapes.append((stage.channels, (rows - shrinks) // stage.pool, (columns - shrinks) // stage.pool))
        return shapes

    @property
    def multiplications(self) -> int:
        """Of one sample's way forward."""
        total = self.dense.parameters
        for stage, (channels, rows, columns) in zip(self.stages, self.shapes(), strict=False):
            shrinks = KERNEL - 1 - 2 * stage.padding
            total += stage.channels * channels * KERNEL**2 * (rows - shrinks) * (columns - shrinks)
        return total

    def _ends(self) -> list[int]:
        """Where in theta each stage's parameters end."""
        ends, end = [], 0
        for stage, (channels, _, _) in zip(self.stages, self.shapes(), strict=False):
            end += stage.channels * (channels * KERNEL**2 + 1)
            ends.append(end)
        return ends

    def _compiled(self) -> tuple[Any, ...]:
        stages = [
            (stage.channels, shape[0], stage.padding, stage.pool)
            for stage, shape in zip(self.stages, self.shapes(), strict=False)
        ]
        return np.array(stages), np.array(self._ends()), *self.dense._compiled()

    def _maps(self, batch: int, values: np.ndarray, slopes: np.ndarray) -> tuple[Any, ...]:
        """Room for each stage: its input with border, output, pooled output with slope and winner, and the
        gradients by its output (with border) and by its input; then for turned weights, and a bias of 0."""
        x, y, pooled, slope, winner, outer, inner = ([] for _ in range(7))
        max_weights = 0
        for stage, shape, after in zip(self.stages, self.shapes(), self.shapes()[1:], strict=False):
            channels, rows, columns = shape
            high, wide = (size + 2 * stage.padding - KERNEL + 1 for size in (rows, columns))
            border = 2 * (KERNEL - 1 - stage.padding)
            positions = after[0] * after[1] * after[2]
            x.append(_zeros(channels, rows + 2 * stage.padding, (columns + 2 * stage.padding) * batch))
            y.append(_zeros(stage.channels, high, wide * batch))
            pooled.append(_zeros(positions, batch))
            slope.append(_zeros(positions, batch))
            winner.append(_zeros(positions, batch))
            outer.append(_zeros(stage.channels, high + border, (wide + border) * batch))
            inner.append(_zeros(channels, rows, columns * batch))
            max_weights = max(max_weights, stage.channels * channels * KERNEL**2)
        pooled[-1], slope[-1] = values[0, : self.dense.sizes[0]], slopes[0, : self.dense.sizes[0]]
        arrays = (tuple(maps) for maps in (x, y, pooled, slope, winner, outer, inner))
        return *arrays, _zeros(max_weights), _zeros(max(channels for channels, _, _ in self.shapes()))


def take_steps(
    network: ConvNetwork,
    optimizer: Optimizer,
    memory: Memory,
    inputs: np.ndarray,
    targets: np.ndarray,
    order: np.ndarray,
    batch_size: int,
    rates: np.ndarray,
    done: int,
    loss: int,
    smoothing: float = 0.0,
    passes: int = 1,
) -> float:
    """Take len(rates) steps, as core.training.compiled.mlp.take_steps does for fully connected networks.

    inputs: float32 (samples, channels x rows x columns).
    """
    padded = -(-batch_size // LANES) * LANES
    widest = max(network.dense.sizes)
    values, slopes = network.dense._values(padded), network.dense._values(padded)
    work = (
        values,
        slopes,
        _zeros(widest, padded),
        _zeros(widest, padded),
        np.zeros_like(memory.theta),
        np.zeros(batch_size),
    )
    hyper = [optimizer.weight_decay, optimizer.momentum, optimizer.beta2, optimizer.epsilon]
    return float(
        _steps(
            inputs,
            targets,
            order,
            len(order) // passes,
            batch_size,
            rates,
            done,
            network._compiled(),
            (loss, smoothing),
            (optimizer.kind, np.array(hyper)),
            (memory.theta, memory.first, memory.second),
            network._maps(padded, values, slopes),
            work,
        )
    )


def _zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)
