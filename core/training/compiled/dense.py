"""Steps of fully connected networks in vectors: one network with samples as lanes, or many as lanes.

One function takes both kinds of steps; they differ in what a lane is.

- Lanes are samples (one network): a parameter is one number for all lanes, a column is LANES samples of the
  batch, and the gradient of a weight is summed over the lanes.
- Lanes are networks (a stack of LANES of them): a parameter is a vector, a column is one sample of each
  network's own batch, and nothing is ever summed over lanes.

Values of a layer are (units, columns, LANES) float32. Parameters, gradients and the optimiser's memory are in
the order of nn.Module.parameters(): weight (out, in) and bias (out,) of each layer in turn, float32
(parameters,), padded to whole vectors, or (parameters, LANES).
"""

from __future__ import annotations

import math

import numpy as np

from core.training.compiled import elementary, elementwise, simd
from core.training.compiled.compiling import compiled
from core.training.compiled.simd import (
    LANES,
    absolute,
    add_int,
    broadcast,
    equal,
    fma,
    hsum,
    lane_numbers,
    less,
    less_int,
    load,
    load_int,
    maximum,
    minimum,
    mul_int,
    select,
    select_int,
    sqrt,
    store,
    zero,
)
from core.training.compiled.tiles import products_s, products_s_bare, products_v, products_v_bare, summed

BINARY, SOFTMAX, SQUARED = range(3)
SGD, MOMENTUM, NESTEROV, RMSPROP, ADAM, ADAMW = range(6)

# Rows of `hyper` (rows, LANES): settings in which networks of one stack may differ.
# NEW1 and NEW2 are 1 - BETA1 and 1 - BETA2, rounded once.
RATE, DECAY, BETA1, NEW1, BETA2, NEW2, EPSILON, L1, CLIP, SMOOTHING, HYPER_ROWS = range(11)

_f32 = np.float32


@compiled
def gather(stacked, inputs, targets, begins, order, start, batch, columns, features, values, aims):
    """The samples of a step into values (features, columns, LANES) and aims (columns, LANES).

    order: int32 (steps' samples, LANES) for a stack, where begins (LANES,) says where each network's samples
    are among all; else (steps' samples and LANES more,). start: the first sample of the step.
    Lanes beyond the batch hold its first sample, whose numbers are harmless.
    """
    for c in range(columns):
        if stacked:
            samples = add_int(load_int(order, (start + c) * LANES), load_int(begins, 0))
        else:
            samples = load_int(order, start + c * LANES)
            left = np.int32(batch - c * LANES)
            samples = select_int(less_int(lane_numbers(), left), samples, order[start])
        store(aims, c * LANES, simd.gather(targets, samples))
        first = mul_int(samples, np.int32(features))
        for f in range(features):
            store(values, (f * columns + c) * LANES, simd.gather(inputs, add_int(first, np.int32(f))))


@compiled
def forward(stacked, theta, sizes, code, code_ends, work, places, columns):
    """Fill values and slopes of all layers from values' first block, the inputs.

    work begins with the values; places says where slopes, a layer's pre-activations and the registers of
    elementwise.run begin in it.
    """
    width = columns * LANES
    each = LANES if stacked else 1
    layers = sizes.shape[0] - 1
    at, below = 0, 0
    for layer in range(layers):
        fan_in, fan_out = sizes[layer], sizes[layer + 1]
        above, bias = below + fan_in * width, at + fan_in * fan_out
        last = layer == layers - 1
        out_at = above if last else places[1]
        if stacked:
            products_v(theta, at * each, fan_in * each, each, work, below, LANES, width, fan_in,
                       theta, bias * each, each, work, out_at, width, LANES, fan_out, columns)  # fmt: skip
        else:
            products_s(theta, at, fan_in, 1, work, below, LANES, width, fan_in,
                       theta, bias, 1, work, out_at, width, LANES, fan_out, columns)  # fmt: skip
        if not last:
            first = code_ends[layer - 1] if layer else 0
            elementwise.run(code, first, code_ends[layer], work, places[2], places[1], above,
                            places[0] + above, fan_out * columns)  # fmt: skip
        at, below = bias + fan_out, above
    return below


@compiled
def loss_gradient(kind, hyper, z, at, aims, weights, delta, outputs, columns, totals):
    """The gradient of the mean loss by the outputs z, (outputs, columns, LANES) from `at` on, into delta.

    weights (columns, LANES): 1 / batch, and 0 where a lane has no sample. totals (LANES,) gets the loss of
    each lane, unless it is empty: its logarithms would take longer than all the rest.
    """
    smoothing = load(hyper, SMOOTHING * LANES)
    width = columns * LANES
    with_loss = totals.shape[0] > 0
    total = zero()
    for c in range(0, width, LANES):
        weight, aim = load(weights, c), load(aims, c)
        if kind == BINARY:
            x = load(z, at + c)
            y = fma(smoothing, _f32(0.5) - aim, aim)
            store(delta, c, (elementary.sigmoid(x) - y) * weight)
            if with_loss:
                loss = maximum(x, _f32(0.0)) - x * y + elementary.softplus(-absolute(x))
                total = fma(loss, weight, total)
        elif kind == SQUARED:
            error = load(z, at + c) - aim
            store(delta, c, error * (weight + weight))
            total = fma(error * error, weight, total)
        else:
            largest = load(z, at + c)
            for o in range(1, outputs):
                largest = maximum(load(z, at + o * width + c), largest)
            exps = zero()
            for o in range(outputs):
                e = elementary.exp(load(z, at + o * width + c) - largest)
                store(delta, o * width + c, e)
                exps = exps + e
            spread, rest = smoothing / _f32(outputs), _f32(1.0) - smoothing
            for o in range(outputs):
                y = spread + select(equal(aim, _f32(o)), rest, zero())
                store(delta, o * width + c, (load(delta, o * width + c) / exps - y) * weight)
                if with_loss:
                    x = load(z, at + o * width + c) - largest - elementary.log(exps)
                    total = fma(-y * x, weight, total)
    if with_loss:
        store(totals, 0, total)


@compiled
def backward(stacked, theta, gradient, sizes, values, slopes, delta, before, columns):
    """Fill gradient from delta, the one by the outputs (outputs, columns, LANES)."""
    width = columns * LANES
    each = LANES if stacked else 1
    layers = sizes.shape[0] - 1
    at, above = 0, 0
    for layer in range(layers):
        at += (sizes[layer] + 1) * sizes[layer + 1]
        above += sizes[layer] * width
    for layer in range(layers - 1, -1, -1):
        fan_in, fan_out = sizes[layer], sizes[layer + 1]
        bias = at - fan_out
        at = bias - fan_in * fan_out
        below = above - fan_in * width
        if stacked:
            row = fan_in * each
            products_v_bare(delta, 0, width, LANES, values, below, width, LANES, columns,
                            theta, 0, 0, gradient, at * each, row, each, fan_out, fan_in)  # fmt: skip
        else:
            summed(delta, 0, width, LANES, values, below, width, LANES, columns,
                   theta, 0, 0, gradient, at, fan_in, 1, fan_out, fan_in)  # fmt: skip
        for o in range(fan_out):
            total = load(delta, o * width)
            for c in range(LANES, width, LANES):
                total = total + load(delta, o * width + c)
            if stacked:
                store(gradient, (bias + o) * LANES, total)
            else:
                gradient[bias + o] = hsum(total)
        if layer > 0:
            if stacked:
                products_v_bare(theta, at * each, each, fan_in * each, delta, 0, LANES, width, fan_out,
                                theta, 0, 0, before, 0, width, LANES, fan_in, columns)  # fmt: skip
            else:
                products_s_bare(theta, at, 1, fan_in, delta, 0, LANES, width, fan_out,
                                theta, 0, 0, before, 0, width, LANES, fan_in, columns)  # fmt: skip
            for j in range(0, fan_in * width, LANES):
                store(before, j, load(before, j) * load(slopes, below + j))
            delta, before = before, delta
        above = below


@compiled
def penalize(stacked, theta, gradient, is_weight, hyper):
    """Clip the gradient's norm, then add L1's, as the eager learner does: in this order.

    is_weight (parameters,): 1.0 for weights, 0.0 for biases, which L1 leaves out.
    """
    norm = zero()
    for j in range(0, gradient.shape[0], LANES):
        g = load(gradient, j)
        norm = fma(g, g, norm)
    if not stacked:
        norm = broadcast(hsum(norm))
    factor = minimum(load(hyper, CLIP * LANES) / (sqrt(norm) + _f32(1e-6)), _f32(1.0))
    l1 = load(hyper, L1 * LANES)
    for j in range(0, gradient.shape[0], LANES):
        weight = load(theta, j)
        sign = select(less(_f32(0.0), weight), l1, select(less(weight, _f32(0.0)), -l1, zero()))
        counts = broadcast(is_weight[j // LANES]) if stacked else load(is_weight, j)
        store(gradient, j, fma(sign, counts, load(gradient, j) * factor))


@compiled
def update(kind, theta, gradient, first, second, power1, power2, factor, hyper):
    """One step of the optimiser, as torch.optim defines it.

    power1 and power2: Adam's betas to the number of this step, counted from 1; in float64, since the float32
    of 0.999 is 1e-8 away, which its 10,000th power makes 1e-4. factor: of the learning rate, by the schedule.
    """
    rate = load(hyper, RATE * LANES) * _f32(factor)
    decay, epsilon = load(hyper, DECAY * LANES), load(hyper, EPSILON * LANES)
    keep1, keep2 = load(hyper, BETA1 * LANES), load(hyper, BETA2 * LANES)
    new1, new2 = load(hyper, NEW1 * LANES), load(hyper, NEW2 * LANES)
    if kind in (ADAM, ADAMW):
        size = rate / _f32(1.0 - power1)
        root = _f32(1.0 / math.sqrt(1.0 - power2))
        l2, shrink = decay, broadcast(_f32(1.0))
        if kind == ADAMW:
            l2, shrink = zero(), _f32(1.0) - rate * decay
        for j in range(0, theta.shape[0], LANES):
            weight = load(theta, j)
            g = fma(l2, weight, load(gradient, j))
            m = fma(keep1, load(first, j), new1 * g)
            v = fma(keep2, load(second, j), new2 * (g * g))
            store(first, j, m)
            store(second, j, v)
            store(theta, j, fma(shrink, weight, -(size * m / fma(sqrt(v), root, epsilon))))
    elif kind == RMSPROP:
        for j in range(0, theta.shape[0], LANES):
            weight = load(theta, j)
            g = fma(decay, weight, load(gradient, j))
            v = fma(keep2, load(second, j), new2 * (g * g))
            store(second, j, v)
            store(theta, j, weight - rate * g / (sqrt(v) + epsilon))
    else:
        for j in range(0, theta.shape[0], LANES):
            weight = load(theta, j)
            g = fma(decay, weight, load(gradient, j))
            m = g
            if kind != SGD:
                m = fma(keep1, load(first, j), g)
                store(first, j, m)
            if kind == NESTEROV:
                m = fma(keep1, m, g)
            store(theta, j, weight - rate * m)


@compiled
def take_steps(
    stacked,
    sizes,
    program,
    data,
    order,
    steps,
    loss,
    optimizer,
    memory,
    scratch,
    frames,
):
    """Take factors.shape[0] steps; returns nothing: totals has the last batch's mean loss of each lane.

    All arrays one-dimensional unless said otherwise.
    sizes: of the layers, from features to outputs. program: (code (operations, 4), code_ends of each hidden
    layer, register constants are in scratch's work from registers_at on).
    data: inputs (samples, features), flat, targets and where each lane's samples begin among them, int32.
    order: as gather() says.
    steps: (samples a pass, batch size, factors of the learning rate float64, steps taken before).
    loss: its kind. optimizer: kind, betas, hyper (HYPER_ROWS, LANES), whether L1 or clipping apply, and
    which parameters L1 counts (penalize()).
    memory: theta, first, second.
    scratch: work and places (forward()), then delta, before, gradient, aims, weights and totals.
    frames: numbers of the steps after which theta is copied, and where to (frames, parameters), flat.
    """
    code, code_ends = program
    inputs, targets, begins = data
    samples, batch_size, factors, done = steps
    kind, betas, hyper, with_penalty, is_weight = optimizer
    theta, first, second = memory
    work, places, delta, before, gradient, aims, weights, totals = scratch
    values, slopes = work, work[places[0] :]
    frame_steps, frame_values = frames
    features, outputs = sizes[0], sizes[sizes.shape[0] - 1]
    steps_a_pass = (samples + batch_size - 1) // batch_size
    weighted, frame = -1, 0
    power1, power2 = betas[0] ** done, betas[1] ** done
    for step in range(factors.shape[0]):
        within = step % steps_a_pass * batch_size
        start = step // steps_a_pass * samples + within
        batch = min(batch_size, samples - within)
        columns = batch if stacked else (batch + LANES - 1) // LANES
        if batch != weighted:
            for j in range(columns * LANES):
                weights[j] = _f32(1.0 / batch) if stacked or j < batch else _f32(0.0)
            weighted = batch
        gather(stacked, inputs, targets, begins, order, start, batch, columns, features, values, aims)
        at = forward(stacked, theta, sizes, code, code_ends, work, places, columns)
        wanted = totals if step == factors.shape[0] - 1 else totals[:0]
        loss_gradient(loss, hyper, values, at, aims, weights, delta, outputs, columns, wanted)
        backward(stacked, theta, gradient, sizes, values, slopes, delta, before, columns)
        if with_penalty:
            penalize(stacked, theta, gradient, is_weight, hyper)
        power1 *= betas[0]
        power2 *= betas[1]
        update(kind, theta, gradient, first, second, power1, power2, factors[step], hyper)
        if frame < frame_steps.shape[0] and frame_steps[frame] == step:
            for j in range(theta.shape[0]):
                frame_values[frame * theta.shape[0] + j] = theta[j]
            frame += 1


@compiled
def predict(stacked, sizes, program, inputs, begins, count, theta, scratch, result):
    """Outputs for `count` samples of each lane, from where they begin among inputs: into result (count,
    outputs), flat, or (LANES, count, outputs) where lanes are networks.
    """
    code, code_ends = program
    work, places, columns = scratch
    features, outputs = sizes[0], sizes[sizes.shape[0] - 1]
    portion = columns if stacked else columns * LANES
    for start in range(0, count, portion):
        batch = min(portion, count - start)
        for lane in range(LANES if stacked else 1):
            for b in range(portion):
                sample = begins[lane] + start + (b if b < batch else 0)
                at = b * LANES + lane if stacked else b
                for f in range(features):
                    work[f * columns * LANES + at] = inputs[sample * features + f]
        last = forward(stacked, theta, sizes, code, code_ends, work, places, columns)
        for lane in range(LANES if stacked else 1):
            for b in range(batch):
                at = b * LANES + lane if stacked else b
                for o in range(outputs):
                    result[(lane * count + start + b) * outputs + o] = work[last + o * columns * LANES + at]
