"""Values of expressions: of tensors, and of single numbers without torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from core.activations.expressions.grammar import Call, Node, Number, Variable, parse
from core.activations.expressions.operations import OPERATIONS
from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = LazyModule("torch")

MAX_FLOAT32 = 3.4e38  # beyond it a network's numbers are infinite


def tensor_function(node: Node) -> Callable[[Tensor], Tensor]:
    """A computable expression as a differentiable function of a tensor, which keeps shape and dtype."""

    def function(x: Tensor) -> Tensor:
        value = _of_tensor(node, x)
        return torch.full_like(x, value) if isinstance(value, int | float) else value

    return function


def _of_tensor(node: Node, x: Tensor) -> Tensor | float:
    if isinstance(node, Call):
        return OPERATIONS[node.operation].function(*[_of_tensor(part, x) for part in node.arguments])
    return node.value if isinstance(node, Number) else x


def value_and_slope(node: Node, x: float) -> tuple[float, float]:
    """f(x) and f'(x) of a computable expression in plain floats; what float32 cannot hold is not finite."""
    if isinstance(node, Variable):
        return x, 1.0
    if isinstance(node, Number):
        return node.value, 0.0
    parts = [value_and_slope(argument, x) for argument in node.arguments]
    values = [value for value, _ in parts]
    slope = 0.0
    for argument, (_, inner), outer in zip(node.arguments, parts, slopes(node.operation), strict=True):
        if not isinstance(argument, Number):  # a slope of 0 makes no infinite one finite, here as in torch
            slope += inner * _of_numbers(outer, dict(zip("ab", values, strict=False)))
    return _number(node.operation, values), _in_float32(slope)


def _of_numbers(node: Node, values: Mapping[str, float]) -> float:
    if isinstance(node, Call):
        return _number(node.operation, [_of_numbers(argument, values) for argument in node.arguments])
    return node.value if isinstance(node, Number) else values[node.name]


def _number(operation: str, values: list[float]) -> float:
    try:
        return _in_float32(OPERATIONS[operation].number(*values))
    except OverflowError:
        return math.inf
    except (ValueError, ZeroDivisionError):
        return math.nan


def _in_float32(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) > MAX_FLOAT32 else value


@cache
def slopes(operation: str) -> tuple[Node, ...]:
    """The derivative of an operation by each argument, as trees of a and b."""
    return tuple(parse(slope, ("a", "b")) for slope in OPERATIONS[operation].slopes)
