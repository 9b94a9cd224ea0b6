"""Operators and functions of typed expressions. To add one, add an entry."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F
    from torch import Tensor
else:
    torch = LazyModule("torch")
    F = LazyModule("torch.nn.functional")


@dataclass(frozen=True)
class Operation:
    """One operator or function of one or two arguments, a and b."""

    function: Callable[..., Tensor]  # of tensors; b may be a number
    number: Callable[..., float]  # the same of floats; it may raise what math raises
    slopes: tuple[str, ...]  # derivative by each argument, as an expression of a and b
    latex: str  # with {a} and {b}, which are in brackets already where they need some


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _sign(x: float) -> float:
    return math.copysign(1.0, x) if x else 0.0


def _at_least(a: Tensor, b: float) -> Tensor:
    return torch.where(a <= b, b, a)


def _at_most(a: Tensor, b: float) -> Tensor:
    return torch.where(a > b, b, a)


_OPERATORS: dict[str, Operation] = {
    "+": Operation(lambda a, b: a + b, lambda a, b: a + b, ("1", "1"), "{a} + {b}"),
    "-": Operation(lambda a, b: a - b, lambda a, b: a - b, ("1", "-1"), "{a} - {b}"),
    "*": Operation(lambda a, b: a * b, lambda a, b: a * b, ("b", "a"), r"{a} \, {b}"),
    "/": Operation(lambda a, b: a / b, lambda a, b: a / b, ("1/b", "-a/b^2"), r"\frac{{{a}}}{{{b}}}"),
    # Of a number as b; other powers are rewritten with exp and log before anything is computed.
    "^": Operation(lambda a, b: a**b, math.pow, ("b*a^(b - 1)", "0"), "{a}^{{{b}}}"),
    "negative": Operation(lambda a: -a, lambda a: -a, ("-1",), "-{a}"),
}

_FUNCTIONS: dict[str, Operation] = {
    "exp": Operation(lambda a: torch.exp(a), math.exp, ("exp(a)",), "e^{{{a}}}"),
    "log": Operation(lambda a: torch.log(a), math.log, ("1/a",), r"\ln\left({a}\right)"),
    "sqrt": Operation(lambda a: torch.sqrt(a), math.sqrt, ("0.5/sqrt(a)",), r"\sqrt{{{a}}}"),
    "abs": Operation(lambda a: torch.abs(a), abs, ("sign(a)",), r"\left|{a}\right|"),
    "sign": Operation(lambda a: torch.sign(a), _sign, ("0",), r"\operatorname{{sign}}\left({a}\right)"),
    "step": Operation(
        lambda a: torch.sign(F.relu(a)),
        lambda a: float(a > 0),
        ("0",),
        r"\mathbf{{1}}\left[{a} > 0\right]",
    ),
    "sin": Operation(lambda a: torch.sin(a), math.sin, ("cos(a)",), r"\sin\left({a}\right)"),
    "cos": Operation(lambda a: torch.cos(a), math.cos, ("-sin(a)",), r"\cos\left({a}\right)"),
    "tan": Operation(lambda a: torch.tan(a), math.tan, ("1 + tan(a)^2",), r"\tan\left({a}\right)"),
    "sinh": Operation(lambda a: torch.sinh(a), math.sinh, ("cosh(a)",), r"\sinh\left({a}\right)"),
    "cosh": Operation(lambda a: torch.cosh(a), math.cosh, ("sinh(a)",), r"\cosh\left({a}\right)"),
    "tanh": Operation(lambda a: torch.tanh(a), math.tanh, ("1 - tanh(a)^2",), r"\tanh\left({a}\right)"),
    "atan": Operation(lambda a: torch.atan(a), math.atan, ("1/(1 + a^2)",), r"\arctan\left({a}\right)"),
    "erf": Operation(
        lambda a: torch.erf(a),
        math.erf,
        ("2/sqrt(pi)*exp(-a^2)",),
        r"\operatorname{{erf}}\left({a}\right)",
    ),
    "sigmoid": Operation(
        lambda a: torch.sigmoid(a), _sigmoid, ("sigmoid(a)*sigmoid(-a)",), r"\sigma\left({a}\right)"
    ),
    "softplus": Operation(
        lambda a: F.softplus(a), _softplus, ("sigmoid(a)",), r"\operatorname{{softplus}}\left({a}\right)"
    ),
    "relu": Operation(
        lambda a: F.relu(a),
        lambda a: 0.0 if a <= 0 else a,  # NaN stays NaN
        ("step(a)",),
        r"\operatorname{{ReLU}}\left({a}\right)",
    ),
    "gelu": Operation(
        lambda a: F.gelu(a),
        lambda a: 0.5 * a * (1 + math.erf(a / math.sqrt(2))),
        ("(1 + erf(a/sqrt(2)))/2 + a*exp(-a^2/2)/sqrt(2*pi)",),
        r"\operatorname{{GELU}}\left({a}\right)",
    ),
    "silu": Operation(
        lambda a: F.silu(a),
        lambda a: a * _sigmoid(a),
        ("sigmoid(a)*(1 + a*sigmoid(-a))",),
        r"\operatorname{{SiLU}}\left({a}\right)",
    ),
    # Of two equal values torch gives each half of the gradient.
    "max": Operation(
        lambda a, b: torch.maximum(a, b),
        lambda a, b: a if a > b else b,
        ("(1 + sign(a - b))/2", "(1 - sign(a - b))/2"),
        r"\max\left({a}, {b}\right)",
    ),
    "min": Operation(
        lambda a, b: torch.minimum(a, b),
        lambda a, b: a if a < b else b,
        ("(1 - sign(a - b))/2", "(1 + sign(a - b))/2"),
        r"\min\left({a}, {b}\right)",
    ),
}

# Maximum and minimum with a number. Of two equal values one wins, so that max(x, 0) is the ReLU and the
# slopes of max(x, 0) and min(x, 0) make 1 also at 0.
_WITH_A_NUMBER: dict[str, Operation] = {
    "at_least": Operation(
        _at_least, lambda a, b: b if a <= b else a, ("step(a - b)", "0"), _FUNCTIONS["max"].latex
    ),
    "at_most": Operation(
        _at_most, lambda a, b: b if a > b else a, ("1 - step(a - b)", "0"), _FUNCTIONS["min"].latex
    ),
}

TYPEABLE = tuple(_FUNCTIONS)
OPERATIONS: dict[str, Operation] = {**_OPERATORS, **_FUNCTIONS, **_WITH_A_NUMBER}
