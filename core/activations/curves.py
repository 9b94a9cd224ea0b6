"""Curves of activation functions and of their derivatives."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.activations.activation import Activation
from core.activations.expression import find
from core.errors import InvalidRequest
from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
else:
    torch = LazyModule("torch")

POINTS = 301  # odd, so that a range about 0 has a point at 0
POINTS_MOST = 10_001
X_LIMIT = 1e6


@dataclass(frozen=True)
class Curves:
    """x, and f(x) and f'(x) of each function by its key: float32 arrays of shape (points,)."""

    x: np.ndarray
    values: dict[str, np.ndarray]
    derivatives: dict[str, np.ndarray]


def curves(
    chosen: Mapping[str, Mapping[str, float]], low: float = -6, high: float = 6, points: int = POINTS
) -> Curves:
    """f(x) and f'(x) of each chosen function at `points` places evenly from low to high.

    chosen maps a key of ACTIVATIONS, or an expression of x, to its parameters; those left out have their
    default. The derivative is autograd's. Computed in float64, returned as float32.

    Raises InvalidRequest for an unknown function, a parameter out of its range, or an impossible range of x.
    """
    _check_range(low, high, points)
    activations = {key: find(key) for key in chosen}
    parameters = {key: activations[key].with_defaults(given) for key, given in chosen.items()}
    x = torch.linspace(low, high, points, dtype=torch.float64, device="cpu")
    both = {key: _value_and_derivative(activations[key], x, parameters[key]) for key in chosen}
    return Curves(
        x=_float32(x),
        values={key: _float32(value) for key, (value, _) in both.items()},
        derivatives={key: _float32(derivative) for key, (_, derivative) in both.items()},
    )


def to_csv(drawn: Curves, chosen: Mapping[str, Mapping[str, float]]) -> str:
    """The curves as CSV: x, then two columns a function, headed by its key and its parameters."""
    columns, heads = [drawn.x], ["x"]
    for key, given in chosen.items():
        parameters = "; ".join(f"{n}={v:g}" for n, v in find(key).with_defaults(given).items())
        name = f"{key}({parameters})" if parameters else key
        heads += [name, f"{name} derivative"]
        columns += [drawn.values[key], drawn.derivatives[key]]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue()


def _value_and_derivative(
    activation: Activation, x: torch.Tensor, parameters: Mapping[str, float]
) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        value = activation.function(x, **parameters)
        (derivative,) = torch.autograd.grad(value.sum(), x)
    return value.detach(), derivative


def _check_range(low: float, high: float, points: int) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and max(abs(low), abs(high)) <= X_LIMIT):
        raise InvalidRequest(
            f"x from {low:g} to {high:g} is too wide; both ends must lie within ±{X_LIMIT:g}."
        )
    if low >= high:
        raise InvalidRequest(f"x runs from {low:g} to {high:g}; the left end must be below the right end.")
    if not 2 <= points <= POINTS_MOST:
        raise InvalidRequest(f"{points} points were asked for; 2 to {POINTS_MOST:,} are allowed.")


def _float32(tensor: torch.Tensor) -> np.ndarray:
    return tensor.to(torch.float32).numpy()
