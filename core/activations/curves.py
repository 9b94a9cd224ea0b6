"""Curves of activation functions and of their derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from core.activations.expressions.expression import find
from core.errors import InvalidRequest
from core.lazy import LazyModule
from core.tables import csv_text

if TYPE_CHECKING:
    import torch
else:
    torch = LazyModule("torch")

POINTS = 301  # odd, so that a range about 0 has a point at 0
MAX_POINTS = 10_001
X_LIMIT = 1e6


@dataclass(frozen=True)
class Curves:
    """x, and f(x), f'(x) and, where asked for, f\"(x) of each function by its key: float32 (points,)."""

    x: np.ndarray
    values: dict[str, np.ndarray]
    derivatives: dict[str, np.ndarray]
    second_derivatives: dict[str, np.ndarray] = field(default_factory=dict)


def curves(
    selected: Mapping[str, Mapping[str, float]],
    low: float = -6,
    high: float = 6,
    points: int = POINTS,
    second: bool = False,
) -> Curves:
    """f(x) and f'(x) of each selected function at `points` evenly spaced x from low to high.

    selected maps a key of ACTIVATIONS, or an expression of x, to its parameters; others have their
    default. The derivative is autograd's, and with second=True the second one too, of the derivative's closed
    form; at a kink it is the one-sided derivative of one side. Computed in float64, returned as float32.

    Raises InvalidRequest for an unknown function, a parameter out of its range, or an impossible range of x.
    """
    _check_range(low, high, points)
    activations = {key: find(key) for key in selected}
    parameters = {key: activations[key].with_defaults(given) for key, given in selected.items()}
    x = torch.from_numpy(
        np.linspace(low, high, points)
    )  # torch.linspace would start threads for each visitor
    functions = [partial(entry.function, **parameters[key]) for key, entry in activations.items()]
    derivatives = [partial(entry.derivative, **parameters[key]) for key, entry in activations.items()]
    with torch.enable_grad():
        values, slopes = _with_gradients(functions, x)
        _, bends = _with_gradients(derivatives, x) if second else ([], [])
    arrays = ([_float32(one) for one in of] for of in (values, slopes, bends))
    return Curves(_float32(x), *(dict(zip(selected, of, strict=False)) for of in arrays))


def to_csv(drawn: Curves, selected: Mapping[str, Mapping[str, float]]) -> str:
    """The curves as CSV: x, then the columns of each function, headed by its key and its parameters."""
    columns, heads = [drawn.x], ["x"]
    for key, given in selected.items():
        parameters = "; ".join(f"{n}={v:g}" for n, v in find(key).with_defaults(given).items())
        name = f"{key}({parameters})" if parameters else key
        heads += [name, f"{name} derivative"]
        columns += [drawn.values[key], drawn.derivatives[key]]
        if key in drawn.second_derivatives:
            heads.append(f"{name} second derivative")
            columns.append(drawn.second_derivatives[key])
    return csv_text(heads, zip(*columns, strict=True))


def _with_gradients(
    functions: Sequence[Callable[[torch.Tensor], torch.Tensor]], x: torch.Tensor
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Values and gradients of each function, by one backward pass for all; 0 without a gradient."""
    inputs = [x.clone().requires_grad_() for _ in functions]
    values = [function(at) for function, at in zip(functions, inputs, strict=True)]
    total = sum(value.sum() for value in values)
    if not isinstance(total, torch.Tensor) or not total.requires_grad:
        return values, [torch.zeros_like(at) for at in inputs]
    return values, list(torch.autograd.grad(total, inputs, allow_unused=True, materialize_grads=True))


def _check_range(low: float, high: float, points: int) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and max(abs(low), abs(high)) <= X_LIMIT):
        raise InvalidRequest(
            f"x from {low:g} to {high:g} is too wide; both ends must lie within ±{X_LIMIT:g}."
        )
    if low >= high:
        raise InvalidRequest(f"x runs from {low:g} to {high:g}; the left end must be below the right end.")
    if not 2 <= points <= MAX_POINTS:
        raise InvalidRequest(f"{points} points were asked for; 2 to {MAX_POINTS:,} are allowed.")


def _float32(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().to(torch.float32).numpy()
