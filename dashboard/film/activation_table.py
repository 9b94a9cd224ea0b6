"""An activation function and its derivative as tables, from which the player computes every unit."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from core.activations.expressions.expression import find
from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
else:
    torch = LazyModule("torch")

NODES = 256  # for each unit of x; network/activation.js has the same number
REACHES = (32, 64, 128, 256, 512, 1024)  # how far from 0 a table may extend to either side
MAX_JUMPS = 64
SMALLEST_JUMP = 1e-3  # relative to the value beside it

Function = Callable[[np.ndarray], np.ndarray]

_erf = np.frompyfunc(math.erf, 1, 1)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(x / 2))


# What most networks use, so that their films need no torch in the web process. Tests compare them with the
# registry's functions.
_IN_NUMPY: dict[str, Callable[..., np.ndarray]] = {
    "identity": lambda x: x,
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x, negative_slope: np.where(x > 0, x, negative_slope * x),
    "elu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    "silu": lambda x: x * _sigmoid(x),
    "softplus": lambda x, beta: np.logaddexp(0, beta * x) / beta,
    "gelu": lambda x: 0.5 * x * (1 + _erf(x / math.sqrt(2)).astype(float)),
    "sine": lambda x, omega: np.sin(omega * x),
}
_DERIVATIVES_IN_NUMPY: dict[str, Callable[..., np.ndarray]] = {
    "identity": np.ones_like,
    "sigmoid": lambda x: _sigmoid(x) * _sigmoid(-x),
    "tanh": lambda x: 4 * _sigmoid(2 * x) * _sigmoid(-2 * x),
    "relu": lambda x: np.where(x > 0, 1.0, 0.0),
    "leaky_relu": lambda x, negative_slope: np.where(x > 0, 1.0, negative_slope),
    "elu": lambda x, alpha: np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0))),
    "silu": lambda x: _sigmoid(x) * (1 + x * _sigmoid(-x)),
    "softplus": lambda x, beta: _sigmoid(beta * x),
    "gelu": lambda x: (
        0.5 * (1 + _erf(x / math.sqrt(2)).astype(float)) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    ),
    "sine": lambda x, omega: omega * np.cos(omega * x),
}


@lru_cache(maxsize=32)
def table(activation: str, reach: int, derivative: bool = False) -> bytes:
    """The function, or its derivative, from -reach to reach, NODES values a unit, float32 little-endian.

    After them come four numbers for each place where it jumps: the index of the node before it, the last x
    before the jump, and the values there and just after.
    activation: a key of ACTIVATIONS, with its default parameters, or an expression.

    Raises InvalidRequest for an unknown function.
    """
    function = _function(activation, derivative)
    x = np.arange(-reach * NODES, reach * NODES + 1) / NODES
    with np.errstate(all="ignore"):
        y = function(x)
        found = _jumps(function, x, y)
        return np.concatenate([y, found.ravel()]).astype("<f4").tobytes()


def _function(activation: str, derivative: bool) -> Function:
    entry = find(activation)
    parameters = entry.with_defaults()
    in_numpy = _DERIVATIVES_IN_NUMPY if derivative else _IN_NUMPY
    if activation in in_numpy:
        return lambda x: np.asarray(in_numpy[activation](x, **parameters), float)
    in_torch = entry.derivative if derivative else entry.function

    def by_torch(x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            values: np.ndarray = in_torch(torch.from_numpy(x), **parameters).numpy()
        return values

    return by_torch


def _jumps(function: Function, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Where the function jumps, found by halving the cells in which it changes much more than around them.

    (jumps, 4): the cell's number, the last number of float32 before the jump, and the values there and after.
    """
    rise = np.abs(np.diff(y))
    around = np.minimum(np.roll(rise, 2), np.roll(rise, -2))
    cells = np.flatnonzero((rise > SMALLEST_JUMP * (1 + np.abs(y[:-1]))) & (rise > 4 * around))
    cells = np.sort(cells[np.argsort(np.abs(x[cells]))][:MAX_JUMPS])
    before, after = x[cells].astype(np.float32), x[cells + 1].astype(np.float32)
    at_before, at_after = y[cells], y[cells + 1]
    while len(cells):
        middle = ((before.astype(float) + after) / 2).astype(np.float32)
        if np.all((middle <= before) | (middle >= after)):
            break
        at_middle = function(middle.astype(float))
        left = np.abs(at_middle - at_before) > np.abs(at_after - at_middle)
        after, at_after = np.where(left, middle, after), np.where(left, at_middle, at_after)
        before, at_before = np.where(left, before, middle), np.where(left, at_before, at_middle)
    kept = np.abs(at_after - at_before) > rise[cells] / 2
    return np.stack([cells, before, at_before, at_after], axis=1)[kept]
