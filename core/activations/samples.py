"""Samples of a function from 1e-7 to 1e12 on both sides of 0, of which each is known to be right."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from core.activations.activation import Activation
from core.activations.discontinuities import Cells
from core.activations.limits import Tail, Values, towards, towards_infinity
from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = LazyModule("torch")

HALF_WIDTH, POINTS_PER_UNIT = 100, 200  # the even grid: x from -100 to 100, 0.005 apart
SMALLEST, LARGEST = 1e-7, 1e12  # beyond the even grid, points at even factors
FARTHEST_JUMP = 1e4
FLOAT_EXPONENTS, EXACT_EXPONENTS = 6, 9  # x to 1e64 in float64, whose squares it holds, and to 1e512
SAME = 1e-6  # float64's numbers count where they agree with the exact ones so far
EXACT_IN_A_CELL = 12  # samples between two checkpoints, of which one is wrong in float64

# No round numbers, at which kinks are: a slope there is a matter of taste.
_DECADES = (1e-7, 1e-6, 1e-5, 1e-3, 0.03, 0.3, 1, 3, 6, 10, 15, 20, 30, 40, 55, 75, 98.6, 150, 300, 700, 1e3)
_CHECKPOINTS = tuple(1.0137 * x for x in (*_DECADES, 3e3, *(10.0**power for power in range(4, 12)), 0.98e12))


Pair = tuple[float | None, float | None]  # value and slope


@dataclass(frozen=True, eq=False)
class Samples:
    """x ascending, and value and slope there, NaN where there is none: float64 (points,).

    known: whether float64's functions are right around a sample; the others are exact ones, farther apart.
    wrong_values: where float64's value is wrong. complete: whether no exact value, or slope, was left
    open; to the left of 0, and to the right.
    """

    function: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]
    exact: Callable[[float], Pair] | None
    x: Tensor
    values: Tensor
    slopes: Tensor
    known: Tensor
    wrong_values: list[tuple[float, float]]
    complete: tuple[tuple[bool, bool], tuple[bool, bool]]
    _exact: dict[float, Pair] = field(default_factory=dict)

    def value_at(self, points: Sequence[float]) -> Values:
        return self._at(points, 0)

    def slope_at(self, points: Sequence[float]) -> Values:
        return self._at(points, 1)

    def _at(self, points: Sequence[float], which: int) -> Values:
        if self.exact is None:
            x = torch.tensor([float(point) for point in points], dtype=torch.float64, device="cpu")
            return (self.slope if which else self.function)(x).tolist()
        for point in points:
            if point not in self._exact:
                self._exact[point] = self.exact(point)
        return [self._exact[point][which] for point in points]

    def largest(self, measure: Callable[[Tensor], Tensor], of_slope: bool) -> float:
        """The largest measure of all values or slopes, and of those around it ever more closely."""
        numbers = measure(self.slopes if of_slope else self.values)
        numbers = torch.where(numbers.isfinite(), numbers, -math.inf)
        top = int(numbers.argmax())
        best, low, high = numbers[top].item(), max(top - 1, 0), min(top + 1, len(self.x) - 1)
        x = self.x[[low, high]].tolist()
        by_float64 = self.slope if of_slope else self.function
        for _ in range(4):
            points = torch.linspace(x[0], x[1], 33, dtype=torch.float64, device="cpu")
            if self.known[low : high + 1].all():
                found = by_float64(points)
            else:
                found = torch.tensor(
                    [_float(one) for one in self._at(points.tolist(), int(of_slope))]
                ).double()
            numbers = torch.where(found.isfinite(), measure(found), -math.inf)
            top = int(numbers.argmax())
            best = max(best, numbers[top].item())
            x = points[[max(top - 1, 0), min(top + 1, 32)]].tolist()
        return best

    def ends(self) -> tuple[Tail, Tail, Tail, Tail]:
        """Of the value to the left and to the right, and of the slope likewise."""
        exponents = FLOAT_EXPONENTS if self.exact is None else EXACT_EXPONENTS
        return tuple(  # type: ignore[return-value]
            towards_infinity(evaluate, sign, exponents)
            for evaluate in (self.value_at, self.slope_at)
            for sign in (-1, 1)
        )

    def beside(self, place: float) -> tuple[Tail, Tail, Tail, Tail]:
        """Of the value from the left and from the right of a place, and of the slope likewise."""
        return tuple(  # type: ignore[return-value]
            towards(evaluate, place, sign) for evaluate in (self.value_at, self.slope_at) for sign in (-1, 1)
        )

    def cells(self, numbers: Tensor) -> Cells:
        """Neighbours between which float64's functions are right, as far out as bisecting can tell a jump."""
        both = self.known[:-1] & self.known[1:] & (self.x[:-1].abs() <= FARTHEST_JUMP)
        return Cells(self.x[:-1], self.x[1:], numbers[:-1], numbers[1:])[both]


def sampled(
    activation: Activation, function: Callable[[Tensor], Tensor], slope: Callable[[Tensor], Tensor]
) -> Samples:
    """Samples by float64's functions, and exact ones where those are wrong."""

    def slope_of_values(x: Tensor) -> Tensor:
        """No slope without a value: the formula 1/x of log(x) has numbers left of 0."""
        return torch.where(function(x).isnan(), math.nan, slope(x))

    x = _all_points()
    values, slopes = function(x), slope_of_values(x)
    known = torch.ones_like(x, dtype=torch.bool)
    if activation.exact is None:
        return Samples(function, slope_of_values, None, x, values, slopes, known, [], ((True, True),) * 2)
    exact = activation.exact
    wrong_values, wrong_slopes = _wrong_intervals(exact, function, slope_of_values)
    for low, high in wrong_values + wrong_slopes:
        known &= ~((x > low) & (x < high))
    more = sorted({point for low, high in wrong_values + wrong_slopes for point in _between(low, high)})
    pairs = [exact(point) for point in more]
    x, values, slopes, known = _joined((x, values, slopes, known), known, more, pairs)
    complete = _complete(more, pairs, 0), _complete(more, pairs, 1)
    return Samples(function, slope_of_values, exact, x, values, slopes, known, wrong_values, complete)


def _complete(x: list[float], pairs: list[Pair], which: int) -> tuple[bool, bool]:
    unknown = [point for point, pair in zip(x, pairs, strict=True) if _is_nan(pair[which])]
    return not any(point < 0 for point in unknown), not any(point > 0 for point in unknown)


def _joined(
    columns: tuple[Tensor, Tensor, Tensor, Tensor],
    kept: Tensor,
    more: list[float],
    pairs: list[Pair],
) -> list[Tensor]:
    """x, values, slopes and known of the points that are kept and of the exact ones, by x."""
    values, slopes = ([_float(pair[which]) for pair in pairs] for which in (0, 1))
    added = (more, values, slopes, [False] * len(more))
    joined = [
        torch.cat([column[kept], torch.tensor(numbers, dtype=column.dtype)])
        for column, numbers in zip(columns, added, strict=True)
    ]
    order = joined[0].argsort()
    return [column[order] for column in joined]


def even_points() -> Tensor:
    """Divided and not added up, so that integers, where most kinks are, are exact."""
    end = HALF_WIDTH * POINTS_PER_UNIT
    return torch.arange(-end, end + 1, dtype=torch.float64, device="cpu") / POINTS_PER_UNIT


@cache
def _all_points() -> Tensor:
    smallest, step, edge, largest = map(math.log10, (SMALLEST, 1 / POINTS_PER_UNIT, HALF_WIDTH, LARGEST))
    tiny = 10.0 ** torch.linspace(smallest, step, 95, dtype=torch.float64, device="cpu")[:-1]
    wide = 10.0 ** torch.linspace(edge, largest, 1001, dtype=torch.float64, device="cpu")[1:]
    return torch.cat([-wide, -tiny, even_points(), tiny, wide]).sort().values


def _wrong_intervals(
    exact: Callable[[float], Pair],
    function: Callable[[Tensor], Tensor],
    slope: Callable[[Tensor], Tensor],
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Between the checkpoints beside one at which float64's value is wrong, and likewise its slope."""
    points = [-x for x in reversed(_CHECKPOINTS)] + [*_CHECKPOINTS]
    at = torch.tensor(points, dtype=torch.float64, device="cpu")
    pairs = [exact(point) for point in points]
    right = [
        [_agree(ours, pair[which]) for ours, pair in zip(function_there(at).tolist(), pairs, strict=True)]
        for which, function_there in enumerate((function, slope))
    ]
    points = [-LARGEST * 1.1, *points, LARGEST * 1.1]
    values, slopes = (
        [
            (low, high)
            for low, high, *both in zip(points, points[1:], [one[0], *one], [*one, one[-1]], strict=False)
            if not all(both)
        ]
        for one in right
    )
    return values, slopes


def _agree(ours: float, exact: float | None) -> bool:
    if exact is None or not math.isfinite(exact):
        return not math.isfinite(ours) and not _is_nan(exact)
    return abs(ours - exact) <= SAME * abs(exact) + 1e-9


def _between(low: float, high: float) -> list[float]:
    """Points at even factors, or evenly spaced beside 0; both ends included."""
    if low * high <= 0:
        return [low + (high - low) * step / EXACT_IN_A_CELL for step in range(EXACT_IN_A_CELL + 1)]
    factor = (high / low) ** (1 / EXACT_IN_A_CELL)
    return [low * factor**step for step in range(EXACT_IN_A_CELL + 1)]


def _is_nan(number: float | None) -> bool:
    return number is not None and math.isnan(number)


def _float(number: float | None) -> float:
    return math.nan if number is None else number
