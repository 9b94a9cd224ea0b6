"""Properties of an activation function, found by looking at the function itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from core.activations.activation import Activation
from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
else:
    torch = LazyModule("torch")

SATURATED_SLOPE = 0.02  # sigmoid falls below it at |x| = 3.9
KINK = 1e-3  # the smallest jump of the slope that counts; half a step of any parameter makes a larger one
HALF_WIDTH, POINTS_PER_UNIT = 100, 200  # the grid: x from -100 to 100, 0.005 apart


@dataclass(frozen=True)
class Properties:
    """What a function does over all x.

    kinks: where the slope jumps. lowest, highest: bounds of the output, infinite where there is none.
    saturates_below, saturates_above: from there on |f'| is under SATURATED_SLOPE and goes to 0; None where it
    does not. largest_slope: the Lipschitz constant. mean_output: over standard normal x.
    """

    monotonic: bool
    kinks: tuple[float, ...]
    lowest: float
    highest: float
    saturates_below: float | None
    saturates_above: float | None
    largest_slope: float
    mean_output: float

    @property
    def bounded(self) -> bool:
        return math.isfinite(self.lowest) and math.isfinite(self.highest)

    @property
    def zero_centred(self) -> bool:
        return abs(self.mean_output) < 0.01

    def saturated_within(self, low: float, high: float) -> list[tuple[float, float]]:
        """The parts of [low, high] where the function is saturated."""
        zones = []
        if self.saturates_below is not None and self.saturates_below > low:
            zones.append((low, min(self.saturates_below, high)))
        if self.saturates_above is not None and self.saturates_above < high:
            zones.append((max(self.saturates_above, low), high))
        return zones


@lru_cache(maxsize=512)
def properties(activation: Activation, **parameters: float) -> Properties:
    """Look at the function on a fine grid and far out; some 2 ms, remembered for each set of parameters."""

    def function(x: torch.Tensor) -> torch.Tensor:
        return activation.function(x, **parameters)

    def slope(x: torch.Tensor) -> torch.Tensor:
        return activation.derivative(x, **parameters)

    with torch.no_grad():
        x = _grid()
        values, slopes = function(x), slope(x)
        lowest, highest = _bounds(function, values)
        return Properties(
            monotonic=not (values.diff() < -1e-12).any(),
            kinks=_kinks(slope, x, slopes),
            lowest=lowest,
            highest=highest,
            saturates_below=_saturated_until(slope, x, slopes),
            saturates_above=_negative(_saturated_until(lambda x: slope(-x), x, slopes.flip(0))),
            largest_slope=slopes.abs().max().item(),
            mean_output=_mean_output(x, values),
        )


def _grid() -> torch.Tensor:
    """Divided and not added up, so that whole numbers, where kinks like to be, are met exactly."""
    end = HALF_WIDTH * POINTS_PER_UNIT
    return torch.arange(-end, end + 1, dtype=torch.float64, device="cpu") / POINTS_PER_UNIT


def _bounds(function: Callable[[torch.Tensor], torch.Tensor], values: torch.Tensor) -> tuple[float, float]:
    """Limits are read at ±1e12; a function that still grows from 1e3 to 1e4 has none."""
    far = function(torch.tensor([-1e12, -1e4, -1e3, 1e3, 1e4, 1e12], dtype=torch.float64, device="cpu"))
    lowest, highest = min(values.min(), far.min()).item(), max(values.max(), far.max()).item()
    changes = torch.stack([far[1] - far[2], far[4] - far[3]])
    return (
        -math.inf if changes.min() < -1 else lowest,
        math.inf if changes.max() > 1 else highest,
    )


def _kinks(
    slope: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, slopes: torch.Tensor
) -> tuple[float, ...]:
    """Halve each interval in which the slope changes, keep the half with more of it, until a jump is left."""
    left, right, at_left, at_right = x[:-1], x[1:], slopes[:-1], slopes[1:]
    for _ in range(40):
        keep = (at_right - at_left).abs() > KINK
        left, right, at_left, at_right = left[keep], right[keep], at_left[keep], at_right[keep]
        if not len(left):
            return ()
        middle = (left + right) / 2
        at_middle = slope(middle)
        leftward = (at_middle - at_left).abs() > (at_right - at_middle).abs()
        left, at_left = torch.where(leftward, left, middle), torch.where(leftward, at_left, at_middle)
        right, at_right = torch.where(leftward, middle, right), torch.where(leftward, at_middle, at_right)
    return tuple(round(place, 6) + 0.0 for place in left.tolist())


def _saturated_until(
    slope: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, slopes: torch.Tensor
) -> float | None:
    """The last x up to which, from the far left, the slope stays small; None unless it goes to 0 there."""
    if slope(torch.tensor(-1e4, dtype=torch.float64, device="cpu")).abs() > 1e-6:
        return None
    steep = (slopes.abs() >= SATURATED_SLOPE).nonzero()
    return round(x[int(steep[0]) - 1].item(), 3) + 0.0


def _negative(x: float | None) -> float | None:
    return None if x is None else 0.0 - x


def _mean_output(x: torch.Tensor, values: torch.Tensor) -> float:
    density = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return torch.trapezoid(values * density, x).item()
