"""Steps of a fully connected network's training, compiled to machine code.

Everything that a step does (gather the batch, forward, loss, backward, optimiser) happens in one function, so
that nothing but arithmetic is left: a step of a small network takes some microseconds instead of the few
hundred that a framework needs to dispatch it operator by operator.

Parameters, gradients and the optimiser's memory are flat float32 vectors in the order of
nn.Module.parameters(): weight (out, in) and bias (out,) of each layer in turn. Values of a layer are kept as
(units, batch), so that the innermost loop runs over the batch, which the compiler turns into vector
instructions; the batch is padded to a multiple of 8 with samples that carry no gradient.

The first call compiles for some seconds; what was compiled is kept on disk for later processes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.training.compiled.compiling import compiled
from core.training.compiled.kernels import LANES, activate, exp, sigmoid

PORTION = 64  # samples that outputs() computes side by side
_WIDE = 32  # layers from here on gain by loops that small ones would only pay for

BINARY, SOFTMAX, SQUARED = range(3)
SGD, MOMENTUM, NESTEROV, RMSPROP, ADAM, ADAMW = range(6)


@compiled
def _add_products(out, weights, stride, rows, count, batch):
    """Add weights[0] rows[0] + weights[stride] rows[1] + ... to out (batch,).

    Four rows at a time, so that out is loaded and stored a fourth as often.
    """
    whole = count // 4 * 4
    for k in range(0, whole, 4):
        w0, w1 = weights[k * stride], weights[(k + 1) * stride]
        w2, w3 = weights[(k + 2) * stride], weights[(k + 3) * stride]
        for b in range(batch):
            out[b] += w0 * rows[k, b] + w1 * rows[k + 1, b] + w2 * rows[k + 2, b] + w3 * rows[k + 3, b]
    for k in range(whole, count):
        weight = weights[k * stride]
        for b in range(batch):
            out[b] += weight * rows[k, b]


@compiled
def _outer_products(gradient, at, delta, fan_out, below, fan_in, batch):
    """Write delta (fan_out, batch) times below (fan_in, batch) transposed into gradient from `at` on.

    With below transposed, rows of the gradient are what the innermost loop runs over.
    """
    turned = np.empty((batch, fan_in), np.float32)
    for i in range(fan_in):
        for b in range(batch):
            turned[b, i] = below[i, b]
    for o in range(fan_out):
        row = gradient[at + o * fan_in : at + (o + 1) * fan_in]
        row[:] = 0
        _add_products(row, delta[o], 1, turned, batch, fan_in)


@compiled
def forward(theta, sizes, activations, parameters, values, slopes, batch):
    """Fill values[1:] and slopes[1:] from values[0], the inputs (features, batch).

    activations and parameters: of each hidden layer.
    """
    layers = sizes.shape[0] - 1
    at = 0
    for layer in range(layers):
        fan_in, fan_out = sizes[layer], sizes[layer + 1]
        bias = at + fan_in * fan_out
        below, above = values[layer], values[layer + 1]
        for o in range(fan_out):
            for b in range(batch):
                above[o, b] = theta[bias + o]
            if fan_in >= _WIDE:
                _add_products(above[o], theta[at + o * fan_in :], 1, below, fan_in, batch)
                continue
            for i in range(fan_in):
                weight = theta[at + o * fan_in + i]
                for b in range(batch):
                    above[o, b] += weight * below[i, b]
        if layer < layers - 1:
            activate(activations[layer], parameters[layer], above, slopes[layer + 1], fan_out, batch)
        at = bias + fan_out


@compiled
def loss_gradient(kind, smoothing, z, targets, delta, outputs, batch, with_loss):
    """Write the gradient of the batch's mean loss by z (outputs, batch) into delta, 0 where padded.

    Returns the loss where with_loss asks for it: its logarithms would take longer than all the rest.
    """
    total, weight = 0.0, 1.0 / batch
    delta[:outputs] = 0.0
    for b in range(batch):
        if kind == BINARY:
            x = np.float64(z[0, b])
            y = targets[b] * (1.0 - smoothing) + 0.5 * smoothing
            delta[0, b] = np.float32((sigmoid(x) - y) * weight)
            if with_loss:
                total += (x if x > 0 else 0.0) - x * y + math.log1p(exp(-abs(x)))
        elif kind == SQUARED:
            error = np.float64(z[0, b]) - targets[b]
            delta[0, b] = np.float32(2.0 * error * weight)
            total += error * error
        else:
            largest = np.float64(z[0, b])
            for o in range(1, outputs):
                largest = np.float64(z[o, b]) if z[o, b] > largest else largest
            exps = 0.0
            for o in range(outputs):
                exps += exp(np.float64(z[o, b]) - largest)
            for o in range(outputs):
                x = np.float64(z[o, b]) - largest
                y = smoothing / outputs + (1.0 - smoothing if targets[b] == o else 0.0)
                delta[o, b] = np.float32((exp(x) / exps - y) * weight)
                if with_loss:
                    total -= y * (x - math.log(exps))
    return total * weight


@compiled
def backward(theta, gradient, sizes, values, slopes, delta, before, batch, to_the_input):
    """Fill gradient from delta, the loss's gradient by the outputs (outputs, batch).

    Returns the gradient by the first layer's pre-activations; by the input times slopes[0] if to_the_input.
    """
    at = theta.shape[0]
    for layer in range(sizes.shape[0] - 2, -1, -1):
        fan_in, fan_out = sizes[layer], sizes[layer + 1]
        bias = at - fan_out
        at = bias - fan_in * fan_out
        below = values[layer]
        for o in range(fan_out):
            total = np.float32(0)
            for b in range(batch):
                total += delta[o, b]
            gradient[bias + o] = total
        if fan_in >= _WIDE:
            _outer_products(gradient, at, delta, fan_out, below, fan_in, batch)
        for o in range(fan_out if fan_in < _WIDE else 0):
            for i in range(fan_in):
                total = np.float32(0)
                for b in range(batch):
                    total += delta[o, b] * below[i, b]
                gradient[at + o * fan_in + i] = total
        if layer > 0 or to_the_input:
            for i in range(fan_in):
                for b in range(batch):
                    before[i, b] = 0
                if fan_out >= _WIDE:
                    _add_products(before[i], theta[at + i :], fan_in, delta, fan_out, batch)
                for o in range(fan_out if fan_out < _WIDE else 0):
                    weight = theta[at + o * fan_in + i]
                    for b in range(batch):
                        before[i, b] += weight * delta[o, b]
                for b in range(batch):
                    before[i, b] *= slopes[layer, i, b]
            delta, before = before, delta
    return delta


@compiled
def update(kind, theta, gradient, first, second, step, rate, hyper):
    """One step of the optimiser, as torch.optim defines it; step counts from 1."""
    decay, momentum, beta2, epsilon = hyper[0], hyper[1], hyper[2], np.float32(hyper[3])
    keep2, new2 = np.float32(beta2), np.float32(1.0 - beta2)
    l2 = np.float32(0.0 if kind == ADAMW else decay)
    if kind in (ADAM, ADAMW):
        size = np.float32(rate / (1.0 - momentum**step))
        root = np.float32(1.0 / math.sqrt(1.0 - beta2**step))
        keep1, new1 = np.float32(momentum), np.float32(1.0 - momentum)
        shrink = np.float32(1.0 - rate * decay if kind == ADAMW else 1.0)
        for i in range(theta.shape[0]):
            g = gradient[i] + l2 * theta[i]
            first[i] = keep1 * first[i] + new1 * g
            second[i] = keep2 * second[i] + new2 * g * g
            theta[i] = shrink * theta[i] - size * first[i] / (np.sqrt(second[i]) * root + epsilon)
    elif kind == RMSPROP:
        for i in range(theta.shape[0]):
            g = gradient[i] + l2 * theta[i]
            second[i] = keep2 * second[i] + new2 * g * g
            theta[i] -= np.float32(rate) * g / (np.sqrt(second[i]) + epsilon)
    else:
        speed = np.float32(0.0 if kind == SGD else momentum)
        for i in range(theta.shape[0]):
            g = gradient[i] + l2 * theta[i]
            first[i] = speed * first[i] + g
            theta[i] -= np.float32(rate) * (g + speed * first[i] if kind == NESTEROV else first[i])


@compiled
def _steps(inputs, targets, order, samples, batch_size, rates, done, network, loss, optimizer, memory, work):
    sizes, activations, parameters = network
    kind, hyper = optimizer
    theta, first, second = memory
    values, slopes, delta, before, gradient, batch_targets = work
    features, layers, padded = sizes[0], sizes.shape[0] - 1, values.shape[2]
    steps_a_pass, last = (samples + batch_size - 1) // batch_size, 0.0
    for step in range(rates.shape[0]):
        within = step % steps_a_pass * batch_size
        start = step // steps_a_pass * samples + within
        batch = min(batch_size, samples - within)
        for b in range(batch):
            sample = order[start + b]
            batch_targets[b] = targets[sample]
            for i in range(features):
                values[0, i, b] = inputs[sample, i]
        for i in range(features):
            for b in range(batch, padded):
                values[0, i, b] = 0
        forward(theta, sizes, activations, parameters, values, slopes, padded)
        with_loss = step == rates.shape[0] - 1
        last = loss_gradient(
            loss[0], loss[1], values[layers], batch_targets, delta, sizes[layers], batch, with_loss
        )
        backward(theta, gradient, sizes, values, slopes, delta, before, padded, False)
        update(kind, theta, gradient, first, second, done + step + 1, rates[step], hyper)
    return last


@compiled
def _outputs(inputs, network, theta, values, slopes, result):
    sizes, activations, parameters = network
    portion, layers = values.shape[2], sizes.shape[0] - 1
    for start in range(0, inputs.shape[0], portion):
        batch = min(portion, inputs.shape[0] - start)
        for b in range(batch):
            for i in range(sizes[0]):
                values[0, i, b] = inputs[start + b, i]
        forward(theta, sizes, activations, parameters, values, slopes, portion)
        for b in range(batch):
            for o in range(sizes[layers]):
                result[start + b, o] = values[layers, o, b]


@dataclass(frozen=True)
class Network:
    """A fully connected network: its sizes from features to outputs, and what follows each hidden layer.

    activation is one of the numbers of kernels.py, parameter what it takes: Leaky ReLU's slope, ELU's alpha.
    each: the two for each hidden layer, where not all have the same.
    """

    sizes: tuple[int, ...]
    activation: int
    parameter: float = 0.0
    each: tuple[tuple[int, float], ...] = ()

    @property
    def parameters(self) -> int:
        """Weights and biases of all layers."""
        return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(self.sizes))

    @property
    def multiplications(self) -> int:
        """Of one sample's way forward."""
        return self.parameters

    def _compiled(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        # Without a hidden layer one is left for the convolutions before.
        each = self.each or ((self.activation, self.parameter),) * max(1, len(self.sizes) - 2)
        activations, parameters = zip(*each, strict=True)
        return np.array(self.sizes), np.array(activations), np.array(parameters, float)

    def _values(self, batch: int) -> np.ndarray:
        return np.zeros((len(self.sizes), max(self.sizes), batch), np.float32)


@dataclass(frozen=True)
class Optimizer:
    """One of this module's numbers and its settings, with the meaning that they have in torch.optim.

    momentum is Adam's beta1 as well, beta2 RMSprop's alpha as well.
    """

    kind: int
    weight_decay: float = 0.0
    momentum: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    @property
    def is_adam(self) -> bool:
        """Whether momentum is Adam's first beta."""
        return self.kind in (ADAM, ADAMW)


@dataclass(frozen=True, eq=False)
class Memory:
    """What steps change: parameters and the optimiser's two moments, float32 (parameters,) each."""

    theta: np.ndarray
    first: np.ndarray
    second: np.ndarray


def take_steps(
    network: Network,
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
    """Take len(rates) steps over the samples of `order`, the last batch being what is left of it.

    order can hold several passes over the samples, one after the other, each with a last batch of its own.
    inputs float32 (samples, features); targets float64 (samples,): 0 or 1, class numbers, or values; order
    int64; rates float64 (steps,), the learning rate of each; done: steps taken before; smoothing: label
    smoothing. Changes `memory`; returns the last batch's mean loss.
    """
    padded = -(-batch_size // LANES) * LANES
    widest = max(network.sizes)
    work = (
        network._values(padded),
        network._values(padded),
        np.zeros((widest, padded), np.float32),
        np.zeros((widest, padded), np.float32),
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
            work,
        )
    )


def outputs(network: Network, theta: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The network's outputs for inputs float32 (samples, features): float32 (samples, outputs)."""
    result = np.empty((len(inputs), network.sizes[-1]), np.float32)
    values, slopes = network._values(PORTION), network._values(PORTION)
    _outputs(inputs, network._compiled(), theta, values, slopes, result)
    return result
