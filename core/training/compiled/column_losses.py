"""The losses of columns of outputs, each with a weight, and their gradients."""

from __future__ import annotations

import math

import numpy as np

from core.training.compiled import mlp
from core.training.compiled.compiling import compiled
from core.training.compiled.elementary import exp
from core.training.compiled.kernels import exp as exp64
from core.training.compiled.kernels import sigmoid as sigmoid64
from core.training.compiled.simd import LANES, load, maximum, store, zero


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
                target = np.int64(targets[column + lane])
                scratch[2 * LANES + lane] = work[at + target * step + lane] - scratch[LANES + lane]
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
                target = np.int64(targets[column + lane])
                work[at + target * step + lane] -= np.float32(1.0 - smoothing) * weight
                log_exps = math.log(scratch[LANES + lane])
                right = scratch[2 * LANES + lane] - log_exps
                all_ = scratch[lane] - outputs * log_exps
                total -= weight * ((1.0 - smoothing) * right + even * all_)
    return total


@compiled
def loss_gradient(loss, smoothing, work, z, step, columns, outputs, targets, weights, scratch):
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
