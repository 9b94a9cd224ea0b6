"""Values of expressions of several variables, of NumPy arrays in float64."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from core.activations.expressions.grammar import Call, Node, Number

_erf = np.vectorize(math.erf, otypes=[np.float64])

# What each of OPERATIONS computes.
ARRAYS: dict[str, Callable[..., np.ndarray]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "negative": np.negative,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "step": lambda a: np.where(np.isnan(a), a, a > 0),
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "atan": np.arctan,
    "erf": _erf,
    "sigmoid": lambda a: np.exp(-np.logaddexp(0, -a)),
    "softplus": lambda a: np.logaddexp(0, a),
    "relu": lambda a: np.maximum(a, 0),
    "gelu": lambda a: 0.5 * a * (1 + _erf(a / math.sqrt(2))),
    "silu": lambda a: a * np.exp(-np.logaddexp(0, -a)),
    "max": np.maximum,
    "min": np.minimum,
    "at_least": np.maximum,
    "at_most": np.minimum,
}


def array_values(node: Node, variables: Mapping[str, np.ndarray]) -> np.ndarray:
    """What a computable expression is where its variables have these values, arrays of one shape.

    NaN where it has no value, infinite beyond what float64 holds.
    """
    shape = np.shape(next(iter(variables.values())))
    with np.errstate(all="ignore"):
        return np.broadcast_to(_values(node, variables), shape)


def _values(node: Node, variables: Mapping[str, np.ndarray]) -> np.ndarray | np.float64:
    if isinstance(node, Call):
        return ARRAYS[node.operation](*(_values(argument, variables) for argument in node.arguments))
    return np.float64(node.value) if isinstance(node, Number) else variables[node.name]
