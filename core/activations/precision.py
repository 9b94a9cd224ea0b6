"""Rounding errors of a function in a number format: its value and slope in few bits, against float64."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from core.activations.activation import Activation
from core.activations.expressions.expression import find
from core.activations.formats import FORMATS, Format
from core.errors import InvalidRequest
from core.lazy import LazyModule
from core.tables import csv_text

if TYPE_CHECKING:
    import torch
else:
    torch = LazyModule("torch")

BINS = 240
MEASURES = ("relative", "ulps", "absolute")
# float32 has too many numbers to try them all. A prime step through their bit patterns meets every power of
# two some 260 times, with last bits of all kinds.
_STEP_FLOAT32 = 32_749
_EVENLY, _EVENLY_WITHIN = 8_001, 100.0  # and float32's numbers nearest to evenly spaced ones, for near views

_FADED = 1e-200  # the square of float32's smallest number is 2e-90, and is no sign of fading

# How a result can be lost, apart from a rounding error.
LOST = ("infinite", "NaN", "zero", "clipped")


@dataclass(frozen=True)
class Stretch:
    """An interval of x whose results are lost in the same way."""

    what: str  # one of LOST; "clipped" is the largest number of the format in place of a larger result
    low: float  # -inf where it contains the smallest number of the format
    high: float  # inf where it contains the largest
    avoidable: bool  # the format can represent the exact result, so an intermediate step failed


@dataclass(frozen=True)
class Rounding:
    """Results at x, ascending numbers of the format, exact (in float64) and as computed: float64, (n,).

    Where exact is not finite, float64 fails too, and every error is NaN there.
    """

    format: Format
    x: np.ndarray
    exact: np.ndarray
    computed: np.ndarray

    @property
    def absolute(self) -> np.ndarray:
        """|computed - exact|, infinite where computed is not finite."""
        with np.errstate(invalid="ignore"):
            error = np.abs(self.computed - self.exact)
        error = np.where(np.isfinite(self.computed), error, np.inf)
        return np.where(np.isfinite(self.exact), error, np.nan)

    @property
    def relative(self) -> np.ndarray:
        """Absolute error over |exact|; none where both are 0."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.where(self.absolute == 0, 0.0, self.absolute / np.abs(self.exact))

    @property
    def ulps(self) -> np.ndarray:
        """Absolute error in units of the last place of the exact result; rounding alone costs up to 0.5."""
        with np.errstate(invalid="ignore"):
            return self.absolute / self.format.spacing(np.where(np.isfinite(self.exact), self.exact, 1.0))

    @property
    def largest(self) -> float:
        """The finite result of the largest size."""
        finite = np.abs(self.computed[np.isfinite(self.computed)])
        return float(finite.max()) if len(finite) else math.nan

    def lost(self) -> list[Stretch]:
        """Stretches of neighbouring x whose results are lost, from left to right."""
        known = ~np.isnan(self.exact)  # what is infinite in float64 is too large for every format
        fits = self.format.holds(self.exact) & ~self._faded()
        states = [
            np.isinf(self.computed),
            np.isnan(self.computed),
            (self.computed == 0) & ((self.exact != 0) | self._faded()),
            (np.abs(self.computed) == self.format.largest) & ~fits,
        ]
        state = np.select(states, range(1, 5), 0) * known
        code = 2 * state + (fits & (state > 0))
        borders = np.flatnonzero(np.diff(code)) + 1
        return [
            Stretch(
                LOST[state[run[0]] - 1],
                float(self.x[run[0]]) if run[0] else -math.inf,
                float(self.x[run[-1]]) if run[-1] + 1 < len(code) else math.inf,
                bool(fits[run[0]]),
            )
            for run in np.split(np.arange(len(code)), borders)
            if state[run[0]]
        ]

    def _faded(self) -> np.ndarray:
        """Whether x is farther out than where the exact result faded below what float64 can write."""
        some = np.flatnonzero(self.exact)
        faded = np.zeros(len(self.x), bool)
        if len(some):
            first, last = some[[0, -1]]
            faded[:first] = abs(self.exact[first]) < _FADED
            faded[last + 1 :] = abs(self.exact[last]) < _FADED
        return faded

    def nearest(self, x: np.ndarray) -> np.ndarray:
        """Indices into self.x of the numbers nearest to x: integers of x's shape."""
        right = np.searchsorted(self.x, x).clip(1, len(self.x) - 1)
        return np.where(x - self.x[right - 1] <= self.x[right] - x, right - 1, right)

    def within(self, reach: float) -> Rounding:
        """The part with |x| <= reach."""
        inside = np.abs(self.x) <= reach
        return Rounding(self.format, self.x[inside], self.exact[inside], self.computed[inside])


@dataclass(frozen=True)
class Precision:
    """f and f', autograd's, of one function in one format."""

    value: Rounding
    slope: Rounding


def precision(key: str, format_key: str, parameters: Mapping[str, float] | None = None) -> Precision:
    """Compute the function at the numbers of the format: at all of them, or some 140,000 of float32's.

    key is one of ACTIVATIONS or an expression of x. Exact are the function and its closed derivative in
    float64 at the same x, so that the rounding of x itself does not count. Computed on the CPU; kernels of
    other devices may differ in the last place.

    Raises InvalidRequest for an unknown function or format, or a parameter out of its range.
    """
    if format_key not in FORMATS:
        raise InvalidRequest(f"There is no number format {format_key!r}; there are {', '.join(FORMATS)}.")
    activation, format = find(key), FORMATS[format_key]
    given = activation.with_defaults(parameters)
    x = numbers(format_key)
    exact = x.to(torch.float64)
    with torch.no_grad():
        exact_value = activation.function(exact, **given)
        exact_slope = activation.derivative(exact, **given)
    value, slope = _computed(activation, x, format, given)
    at = exact.numpy()
    return Precision(
        value=Rounding(format, at, exact_value.numpy(), value),
        slope=Rounding(format, at, exact_slope.numpy(), slope),
    )


@lru_cache
def numbers(format_key: str) -> torch.Tensor:
    """Finite numbers of the format, rising, each once, in its dtype: all of them, of float32 a selection.

    Remembered, so not to be changed.
    """
    dtype = getattr(torch, format_key)
    if format_key == "float32":
        positive = torch.arange(1, 0x7F800000, _STEP_FLOAT32, dtype=torch.int32).view(dtype)
        evenly = torch.linspace(-_EVENLY_WITHIN, _EVENLY_WITHIN, _EVENLY, dtype=torch.float64).to(dtype)
        found = torch.cat([positive, -positive, evenly]).to(torch.float64)
    else:
        bits = 8 * dtype.itemsize
        integer = torch.uint8 if bits == 8 else torch.uint16
        patterns = torch.arange(2**bits, dtype=torch.int32).to(integer)
        found = patterns.view(dtype).to(torch.float64)
    # unique merges 0 and -0, and sorts.
    return torch.unique(found[found.isfinite()]).to(dtype)


def envelope(
    rounding: Rounding, measure: str, reach: float, logarithmic: bool = False, bins: int = BINS
) -> tuple[np.ndarray, np.ndarray]:
    """The largest error in each of `bins` stretches of x within ±reach, and the x where it is.

    measure is one of MEASURES. logarithmic: stretches are even in the exponent of x on either side of 0.
    """
    part = rounding.within(reach)
    error = getattr(part, measure)
    place = _signed_log(part.x, reach) if logarithmic else part.x / reach
    number = np.clip(((place + 1) / 2 * bins).astype(int), 0, bins - 1)
    known = ~np.isnan(error)
    number, x, error = number[known], part.x[known], error[known]
    if not len(x):
        return x, error
    starts = np.flatnonzero(np.diff(number, prepend=-1))  # x rises, so each stretch is contiguous
    largest = np.maximum.reduceat(error, starts)
    reached = np.flatnonzero(error == np.repeat(largest, np.diff(starts, append=len(x))))
    _, first = np.unique(number[reached], return_index=True)
    return x[reached[first]], largest


@dataclass(frozen=True)
class Worst:
    """The largest errors within a range of x, where no result is lost, and the x of the relative one."""

    relative: float
    at: float
    ulps: float


def worst(rounding: Rounding, reach: float) -> Worst | None:
    """The largest errors for |x| <= reach, of results that are neither infinite, NaN, zero nor clipped.

    Exact results below the format's smallest number with a full fraction do not count. None where no result
    is left.
    """
    part = rounding.within(reach)
    kept = np.isfinite(part.computed) & np.isfinite(part.exact) & part.format.holds(part.exact)
    kept &= (part.computed != 0) & (np.abs(part.exact) >= part.format.smallest_normal)
    if not kept.any():
        return None
    relative, ulps, x = part.relative[kept], part.ulps[kept], part.x[kept]
    return Worst(float(relative.max()), float(x[relative.argmax()]), float(ulps.max()))


def staircase(rounding: Rounding, x: np.ndarray) -> np.ndarray:
    """The result at the number of the format nearest to each x: NaN where it is not finite."""
    computed = rounding.computed[rounding.nearest(x)]
    return np.where(np.isfinite(computed), computed, np.nan)


NEAREST = 1e-8  # a logarithmic axis of x is straight between minus this and this


def _signed_log(x: np.ndarray, reach: float) -> np.ndarray:
    """x in [-reach, reach] to [-1, 1]: logarithmic in |x|, and straight within ±NEAREST."""
    return np.sign(x) * np.log1p(np.abs(x) / NEAREST) / math.log1p(reach / NEAREST)


def table(result: Precision, reach: float, points: int = BINS) -> np.ndarray:
    """x, and exact and computed value and slope with their errors: (rows, 9), as to_csv() writes them.

    At most `points` rows, those whose value is the most wrong among their neighbours.
    """
    shown = np.searchsorted(result.value.x, envelope(result.value, "relative", reach, bins=points)[0])
    columns = [result.value.x]
    columns += [getattr(part, column) for part in (result.value, result.slope) for column in _COLUMNS]
    return np.column_stack([column[shown] for column in columns])


def to_csv(tables: Mapping[str, Mapping[str, np.ndarray]]) -> str:
    """As CSV: the rows of table() by a function's key, then a format's key."""
    numbers = [f"{part} {column}" for part in ("value", "slope") for column in _COLUMNS]
    rows = (
        [key, name, *row]
        for key, formats in tables.items()
        for name, found in formats.items()
        for row in found.tolist()
    )
    return csv_text(["function", "format", "x", *numbers], rows)


_COLUMNS = ("exact", "computed", "relative", "ulps")


def _computed(
    activation: Activation, x: torch.Tensor, format: Format, given: Mapping[str, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Value and slope as torch computes them, rounded to x's dtype: float64 arrays."""
    with torch.enable_grad():
        start = x.to(getattr(torch, format.arithmetic)).detach().requires_grad_()
        value = activation.function(start, **given)
        (slope,) = torch.autograd.grad(value.sum(dtype=torch.float32), start)
    return (
        value.detach().to(x.dtype).to(torch.float64).numpy(),
        slope.to(x.dtype).to(torch.float64).numpy(),
    )
