"""The arithmetic that compiled steps are made of: elementary functions, activations and their slopes.

A framework's own functions cannot be called from machine code made here, and the C library's are calls, which
keep a loop from running as vector instructions. So each is written out, with its error bound.
"""

from __future__ import annotations

import numpy as np

from core.training.compiled.compiling import compiled

LANES = 8  # a batch is padded to a multiple of so many

IDENTITY, SIGMOID, TANH, RELU, LEAKY_RELU, ELU, SILU, SOFTPLUS, GELU, SINE = range(10)


@compiled
def exp(x):
    """e to the x in float64, without a branch or a call, so that loops over it run as vectors.

    (e to the x / 256) to the 256th, by a Taylor series; within 1e-8 of the truth up to |x| = 80, which is
    where x is cut off. Written so that NaN stays NaN.
    """
    y = -80.0 if x < -80.0 else x
    y = (80.0 if y > 80.0 else y) * 0.00390625
    p = 1 / 720 + y * (1 / 5040 + y / 40320)
    p = 1.0 + y * (1.0 + y * (0.5 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120 + y * p)))))
    p *= p
    p *= p
    p *= p
    p *= p
    p *= p
    p *= p
    p *= p
    return p * p


@compiled
def sigmoid(x):
    """1 / (1 + e to the -x)."""
    return 1.0 / (1.0 + exp(-x))


@compiled
def tanh(x):
    """The hyperbolic tangent."""
    return 2.0 / (1.0 + exp(-2.0 * x)) - 1.0


@compiled
def log1p(e):
    """log(1 + e) for e from 0 to 1: twice the series of atanh(e / (2 + e)), within 1e-10."""
    s = e / (2.0 + e)
    q = s * s
    p = 1 / 11 + q * (1 / 13 + q * (1 / 15 + q * (1 / 17)))
    p = 1.0 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * p))))
    return 2.0 * s * p


@compiled
def normal_cdf(x, bell):
    """The probability that a standard normal number is below x, given bell = e to the -x^2 / 2; to 1e-7.

    Source: Abramowitz & Stegun 1964, 7.1.26.
    """
    t = 1.0 / (1.0 + 0.3275911 * 0.7071067811865476 * abs(x))
    p = 1.421413741 + t * (-1.453152027 + t * 1.061405429)
    tail = 0.5 * bell * t * (0.254829592 + t * (-0.284496736 + t * p))
    return 1.0 - tail if x > 0 else tail


@compiled
def sine(x):
    """sin(x) within 1e-8 up to |x| = 1e6: the half turn that x is in, then Taylor's series within it."""
    turns = np.floor(x * 0.3183098861837907 + 0.5)
    y = (x - turns * 3.141592653589793) - turns * 1.2246467991473532e-16
    q = y * y
    p = 1 / 362880 + q * (-1 / 39916800 + q * (1 / 6227020800 - q / 1307674368000))
    p = y * (1.0 + q * (-1 / 6 + q * (1 / 120 + q * (-1 / 5040 + q * p))))
    odd = turns - 2.0 * np.floor(0.5 * turns)
    return p * (1.0 - 2.0 * odd)


@compiled
def activate(kind, parameter, z, slope, units, batch):
    """Replace z by f(z) and write f'(z) into slope, both (units, batch)."""
    for unit in range(units):
        if kind == TANH:
            for b in range(batch):
                t = tanh(np.float64(z[unit, b]))
                z[unit, b] = np.float32(t)
                slope[unit, b] = np.float32(1.0 - t * t)
        elif kind == SIGMOID:
            for b in range(batch):
                s = sigmoid(np.float64(z[unit, b]))
                z[unit, b] = np.float32(s)
                slope[unit, b] = np.float32(s * (1.0 - s))
        elif kind in (RELU, LEAKY_RELU):
            for b in range(batch):
                x = z[unit, b]
                rise = np.float32(1.0) if x > 0 else np.float32(parameter)
                z[unit, b] = x * rise
                slope[unit, b] = rise
        elif kind == ELU:
            for b in range(batch):
                x = np.float64(z[unit, b])
                below = parameter * (exp(0.0 if x > 0 else x) - 1.0)
                z[unit, b] = np.float32(x if x > 0 else below)
                slope[unit, b] = np.float32(1.0 if x > 0 else below + parameter)
        elif kind == SILU:
            for b in range(batch):
                x = np.float64(z[unit, b])
                s = sigmoid(x)
                z[unit, b] = np.float32(x * s)
                slope[unit, b] = np.float32(s * (1.0 + x * (1.0 - s)))
        elif kind == SOFTPLUS:
            for b in range(batch):
                x = np.float64(z[unit, b])
                z[unit, b] = np.float32((x if x > 0 else 0.0) + log1p(exp(-abs(x))))
                slope[unit, b] = np.float32(sigmoid(x))
        elif kind == GELU:
            for b in range(batch):
                x = np.float64(z[unit, b])
                bell = exp(-0.5 * x * x)
                below = normal_cdf(x, bell)
                z[unit, b] = np.float32(x * below)
                slope[unit, b] = np.float32(below + x * 0.3989422804014327 * bell)
        elif kind == SINE:
            for b in range(batch):
                x = np.float64(z[unit, b])
                z[unit, b] = np.float32(sine(x))
                slope[unit, b] = np.float32(sine(x + 1.5707963267948966))
        else:
            for b in range(batch):
                slope[unit, b] = np.float32(1.0)
