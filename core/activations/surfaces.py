"""Functions of two inputs as surfaces over the plane: one neuron, a small network, a gated unit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.activations.expressions.expression import find
from core.activations.gated import GATED
from core.errors import InvalidRequest
from core.lazy import LazyModule
from core.tables import csv_text

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = LazyModule("torch")

POINTS = 121  # odd, so that 0 is among them
MAX_POINTS = 401
MAX_REACH = 100.0
MAX_WEIGHT = 10.0
MAX_HIDDEN, MAX_LAYERS = 64, 3
MIN_GAIN, MAX_GAIN = 0.1, 10.0


@dataclass(frozen=True)
class Surface:
    """z over a square: x and y are evenly spaced from -reach to reach. All arrays are float32."""

    reach: float
    at: np.ndarray  # (points,), the values of x and of y
    z: np.ndarray  # (points, points), with y along the first axis, ascending, and x along the second
    dz_dx: np.ndarray  # partial derivatives, likewise
    dz_dy: np.ndarray

    @property
    def slope(self) -> np.ndarray:
        """Length of the gradient."""
        return np.hypot(self.dz_dx, self.dz_dy)

    def slices(self, count: int = 5, of: np.ndarray | None = None) -> dict[float, np.ndarray]:
        """z, or another array over the same points, over x at evenly spaced y from end to end, by that y."""
        rows = np.linspace(0, len(self.at) - 1, count).round().astype(int)
        return {float(self.at[row]): (self.z if of is None else of)[row] for row in rows}


def neuron(
    key: str,
    w1: float,
    w2: float,
    bias: float,
    reach: float = 3.0,
    points: int = POINTS,
    parameters: Mapping[str, float] | None = None,
) -> Surface:
    """f(w1 x + w2 y + bias), one neuron with two inputs; key is one of ACTIVATIONS or an expression of x.

    Raises InvalidRequest for an unknown function, a parameter or a number out of its range.
    """
    activation = find(key)
    given = activation.with_defaults(parameters)
    for name, value in (("w1", w1), ("w2", w2), ("The bias", bias)):
        _check(name, value, -MAX_WEIGHT, MAX_WEIGHT)
    return _surface(lambda x, y: activation.function(w1 * x + w2 * y + bias, **given), reach, points)


def network(
    key: str,
    hidden: Sequence[int] = (8,),
    gain: float = 2.0,
    seed: int = 0,
    reach: float = 3.0,
    points: int = POINTS,
    parameters: Mapping[str, float] | None = None,
) -> Surface:
    """A network of two inputs, hidden layers with the activation, and one linear output, not trained.

    Weights and biases of a layer are normal with standard deviation gain / sqrt(fan_in), for the last one
    with gain 1. The same seed gives every activation the same weights.

    Raises InvalidRequest for an unknown function, a parameter or a number out of its range.
    """
    activation = find(key)
    given = activation.with_defaults(parameters)
    if not 1 <= len(hidden) <= MAX_LAYERS or not all(1 <= size <= MAX_HIDDEN for size in hidden):
        raise InvalidRequest(
            f"Hidden layers are {', '.join(map(str, hidden)) or 'none'}; 1 to {MAX_LAYERS} of 1 to "
            f"{MAX_HIDDEN} units each are allowed."
        )
    _check("The gain", gain, MIN_GAIN, MAX_GAIN)
    layers = _layers((2, *hidden, 1), gain, seed)

    def function(x: Tensor, y: Tensor) -> Tensor:
        signal = torch.stack([x.flatten(), y.flatten()], 1)
        for weight, bias in layers[:-1]:
            signal = activation.function(signal @ weight + bias, **given)
        weight, bias = layers[-1]
        return (signal @ weight + bias).view_as(x)

    return _surface(function, reach, points)


def gate(key: str, reach: float = 3.0, points: int = POINTS) -> Surface:
    """A gated linear unit f(a, b) of GATED: the value a along x, the gate b along y.

    Raises InvalidRequest for an unknown unit or a number out of its range.
    """
    if key not in GATED:
        raise InvalidRequest(f"There is no gated unit {key!r}; there are {', '.join(GATED)}.")
    return _surface(GATED[key].function, reach, points)


def to_csv(surface: Surface, names: tuple[str, str, str] = ("x", "y", "z")) -> str:
    """The surface as CSV, a row for each point; names are those of the two inputs and of the output."""
    x, y, z = names
    across, up = np.meshgrid(surface.at, surface.at)
    columns = (across, up, surface.z, surface.dz_dx, surface.dz_dy)
    heads = (x, y, z, f"d{z}/d{x}", f"d{z}/d{y}")
    return csv_text(heads, zip(*(column.flat for column in columns), strict=True))


def _surface(function: Callable[[Tensor, Tensor], Tensor], reach: float, points: int) -> Surface:
    """Computed in float64, with autograd's derivatives: each output depends on one point alone."""
    _check("The reach", reach, 0.01, MAX_REACH)
    if not 2 <= points <= MAX_POINTS:
        raise InvalidRequest(f"{points} points were asked for; 2 to {MAX_POINTS} are allowed.")
    at = torch.linspace(-reach, reach, points, dtype=torch.float64, device="cpu")
    at = (at - at.flip(0)) / 2  # linspace misses 0 by a rounding
    with torch.enable_grad():
        y, x = (grid.clone().requires_grad_() for grid in torch.meshgrid(at, at, indexing="ij"))
        z = function(x, y)
        dz_dx, dz_dy = torch.autograd.grad(z.sum(), (x, y))
    return Surface(reach, *(array.detach().to(torch.float32).numpy() for array in (at, z, dz_dx, dz_dy)))


def _layers(sizes: tuple[int, ...], gain: float, seed: int) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator("cpu").manual_seed(seed)
    layers = []
    for number, (fan_in, fan_out) in enumerate(pairwise(sizes), start=2):
        scale = (1.0 if number == len(sizes) else gain) / math.sqrt(fan_in)
        weight = torch.randn(fan_in, fan_out, dtype=torch.float64, generator=generator) * scale
        layers.append((weight, torch.randn(fan_out, dtype=torch.float64, generator=generator) * scale))
    return layers


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InvalidRequest(f"{name} is {value:g}; it must lie between {low:g} and {high:g}.")
