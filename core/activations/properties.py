"""Properties of an activation function, measured numerically."""

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
MAX_FOLLOWED, MAX_REPORTED = 2000, 100  # jumps, kinks and bends; the nearest to 0 where there are more
HALF_WIDTH, POINTS_PER_UNIT = 100, 200  # the grid: x from -100 to 100, 0.005 apart


@dataclass(frozen=True)
class Properties:
    """Properties of a function over all x for which it is defined.

    Of jumps, kinks and bends at most MAX_REPORTED, those nearest to 0.
    """

    monotonic: bool  # never decreasing
    jumps: tuple[float, ...]  # x where the value is discontinuous
    kinks: tuple[float, ...]  # x where the slope is discontinuous
    bends: tuple[float, ...]  # multiples of 0.005 where the second derivative is discontinuous
    lowest: float  # bounds of the output, infinite where there are none
    highest: float
    saturates_below: float | None  # for smaller x, |f'| is under SATURATED_SLOPE and tends to 0; else None
    saturates_above: float | None  # likewise for larger x
    dead: tuple[tuple[float, float], ...]  # intervals of x where the slope is exactly 0
    largest_slope: float  # of |f'|, infinite where it is unbounded
    mean_output: float  # over standard normal x; NaN where f is not defined for all of them

    @property
    def bounded(self) -> bool:
        return math.isfinite(self.lowest) and math.isfinite(self.highest)

    @property
    def lipschitz(self) -> float:
        """The smallest L with |f(a) - f(b)| <= L |a - b| for all a and b; infinite where there is none."""
        return math.inf if self.jumps else self.largest_slope

    @property
    def continuous_derivatives(self) -> int:
        """How many derivatives are continuous: -1 where f itself jumps, and 2 for two or more."""
        return -1 if self.jumps else 0 if self.kinks else 1 if self.bends else 2

    @property
    def zero_centred(self) -> bool:
        return abs(self.mean_output) < 0.01

    def saturated_within(self, low: float, high: float) -> list[tuple[float, float]]:
        """The intervals within [low, high] where the function is saturated."""
        zones = []
        if self.saturates_below is not None and self.saturates_below > low:
            zones.append((low, min(self.saturates_below, high)))
        if self.saturates_above is not None and self.saturates_above < high:
            zones.append((max(self.saturates_above, low), high))
        return zones


@lru_cache(maxsize=512)
def properties(activation: Activation, **parameters: float) -> Properties:
    """Evaluate the function on a fine grid and at large |x|; some milliseconds, cached."""

    def function(x: torch.Tensor) -> torch.Tensor:
        return activation.function(x, **parameters)

    def slope(x: torch.Tensor) -> torch.Tensor:
        return activation.derivative(x, **parameters)

    with torch.no_grad():
        x = _grid()
        values, slopes = function(x), slope(x)
        jumps, kinks = _jumps(function, x, values), _jumps(slope, x, slopes)
        lowest, highest = _bounds(function, values, jumps)
        return Properties(
            monotonic=not (values.diff() < -1e-12).any(),
            jumps=jumps,
            kinks=kinks,
            bends=tuple(bend for bend in _bends(slope, x, slopes) if bend not in kinks),
            lowest=lowest,
            highest=highest,
            saturates_below=_saturated_until(slope, x, slopes),
            saturates_above=_negative(_saturated_until(lambda x: slope(-x), x, slopes.flip(0))),
            dead=_dead(x, slopes),
            largest_slope=_largest_slope(slope, slopes, kinks + _holes(x, slopes)),
            mean_output=_mean_output(x, values),
        )


@lru_cache(maxsize=256)
def fraction_of_range(activation: Activation, low: float, high: float, **parameters: float) -> float | None:
    """Fraction of the range of a bounded monotonic function between two x; None for any other function."""
    found = properties(activation, **parameters)
    if not (found.bounded and found.monotonic and found.highest > found.lowest):
        return None
    first, last = activation.function(torch.tensor([low, high], dtype=torch.float64), **parameters).tolist()
    return (last - first) / (found.highest - found.lowest)


def _grid() -> torch.Tensor:
    """Divided and not added up, so that integers, where most kinks are, are exact."""
    end = HALF_WIDTH * POINTS_PER_UNIT
    return torch.arange(-end, end + 1, dtype=torch.float64, device="cpu") / POINTS_PER_UNIT


def _far(beside: tuple[float, ...]) -> torch.Tensor:
    """Points of large |x|, and next to each of `beside`, which may be poles."""
    points = [-1e12, -1e4, 1e4, 1e12, *(x + step for x in beside for step in (-1e-7, 1e-7))]
    return torch.tensor(points, dtype=torch.float64, device="cpu")


def _ends(numbers: torch.Tensor) -> tuple[float, float]:
    """Minimum and maximum without NaN; NaN where all are."""
    numbers = numbers[~numbers.isnan()]
    return (numbers.min().item(), numbers.max().item()) if len(numbers) else (math.nan, math.nan)


def _holes(x: torch.Tensor, numbers: torch.Tensor) -> tuple[float, ...]:
    """The x whose value is NaN beside one whose value is not."""
    missing = numbers.isnan()
    beside = torch.nn.functional.pad(~missing, (1, 1), value=False)
    return tuple(x[missing & (beside[2:] | beside[:-2])].tolist())


def _bounds(
    function: Callable[[torch.Tensor], torch.Tensor], values: torch.Tensor, jumps: tuple[float, ...]
) -> tuple[float, float]:
    """Limits are those at ±1e12; a function far beyond its values on the grid there is unbounded."""
    lowest, highest = _ends(values)
    deepest, top = _ends(function(_far(jumps)))
    return (
        -math.inf if deepest < lowest - 1 - 0.05 * abs(lowest) else min(lowest, deepest),
        math.inf if top > highest + 1 + 0.05 * abs(highest) else max(highest, top),
    )


def _largest_slope(
    slope: Callable[[torch.Tensor], torch.Tensor], slopes: torch.Tensor, kinks: tuple[float, ...]
) -> float:
    _, steepest = _ends(slopes.abs())
    _, far = _ends(slope(_far(kinks)).abs())
    return math.inf if far > 2 * steepest else max(steepest, far)


def _jumps(
    function: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, values: torch.Tensor
) -> tuple[float, ...]:
    """Bisect each interval in which the value changes, towards the larger change, until only jumps remain."""
    left, right, at_left, at_right = x[:-1], x[1:], values[:-1], values[1:]
    for halvings in range(40):
        keep = (at_right - at_left).abs() > KINK * (1 + at_left.abs())
        if halvings == 4:  # steep curves are excluded by now; fast oscillations must not take minutes
            keep &= _nearest(left, keep, MAX_FOLLOWED)
        left, right, at_left, at_right = left[keep], right[keep], at_left[keep], at_right[keep]
        if not len(left):
            return ()
        middle = (left + right) / 2
        at_middle = function(middle)
        leftward = (at_middle - at_left).abs() > (at_right - at_middle).abs()
        left, at_left = torch.where(leftward, left, middle), torch.where(leftward, at_left, at_middle)
        right, at_right = torch.where(leftward, middle, right), torch.where(leftward, at_middle, at_right)
    # A separate value at the jump, as that of sign(0), makes two jumps at one x.
    return _reported(left)


def _bends(
    slope: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, slopes: torch.Tensor
) -> tuple[float, ...]:
    """Where the difference quotients of the slope on the left and on the right do not converge.

    Where the second derivative is continuous, their difference is proportional to the step.
    """
    wide, near = 1 / POINTS_PER_UNIT, 1 / POINTS_PER_UNIT / 256
    difference = (slopes[2:] - 2 * slopes[1:-1] + slopes[:-2]).abs() / wide
    keep = difference > 10 * KINK
    points, difference = x[1:-1][keep], difference[keep]
    remaining = (slope(points + near) - 2 * slope(points) + slope(points - near)).abs() / near
    return _reported(points[remaining > 0.5 * difference])


def _nearest(x: torch.Tensor, among: torch.Tensor, max_count: int) -> torch.Tensor:
    """Which of x are among the `max_count` nearest to 0 of those selected."""
    distances = x[among].abs()
    return x.abs() <= distances.sort().values[max_count - 1] if len(distances) > max_count else among


def _reported(points: torch.Tensor) -> tuple[float, ...]:
    """Those nearest to 0, rounded, each once, from left to right."""
    nearest = points[_nearest(points, torch.ones_like(points, dtype=torch.bool), MAX_REPORTED)]
    return tuple(dict.fromkeys(round(x, 6) + 0.0 for x in nearest.tolist()))


def _dead(x: torch.Tensor, slopes: torch.Tensor) -> tuple[tuple[float, float], ...]:
    """Runs of slopes of exactly 0, unless the slope only decays until it underflows to 0."""
    zero = torch.nn.functional.pad((slopes == 0).int(), (1, 1))
    starts, ends = (zero.diff() == 1).nonzero().flatten().tolist(), (zero.diff() == -1).nonzero().flatten()
    last, zones = len(x) - 1, []
    for start, end in zip(starts, (ends - 1).tolist(), strict=True):
        beside = [slopes[index].abs() for index in (start - 1, end + 1) if 0 <= index <= last]
        if end > start and all(slope > 1e-6 for slope in beside):
            zones.append(
                (
                    -math.inf if start == 0 else _rounded(x[start]),
                    math.inf if end == last else _rounded(x[end]),
                )
            )
    return tuple(zones)


def _saturated_until(
    slope: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, slopes: torch.Tensor
) -> float | None:
    """The last x up to which, from the far left, the slope is small; None unless it tends to 0 there."""
    far = torch.tensor([-1e4, -1.1e4, -1.23e4], dtype=torch.float64, device="cpu")  # a wave has one slope ≠ 0
    if not slope(far).abs().max() <= 1e-6:  # or NaN
        return None
    steep = (slopes.abs() >= SATURATED_SLOPE).nonzero()
    return round(x[int(steep[0]) - 1].item(), 3) + 0.0 if len(steep) else 0.0


def _rounded(x: torch.Tensor) -> float:
    return round(x.item(), 6) + 0.0


def _negative(x: float | None) -> float | None:
    return None if x is None else 0.0 - x


def _mean_output(x: torch.Tensor, values: torch.Tensor) -> float:
    density = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return torch.trapezoid(torch.where(density > 0, values * density, 0.0), x).item()
