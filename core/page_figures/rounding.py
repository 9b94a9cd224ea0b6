"""What the page of precisions shows of a function and its slope in one format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from core.activations.precision import (
    Precision,
    Rounding,
    Stretch,
    Worst,
    envelope,
    precision,
    staircase,
    table,
    worst,
)

CURVE, CURVE_POINTS = "curve", 401  # the curve itself in place of its errors
CLASSES = (Stretch, Worst)


class ShownRounding(NamedTuple):
    """What the page shows of f or of f' in one format."""

    errors: tuple[np.ndarray, np.ndarray] | None  # x, and the largest error near it
    curve: np.ndarray
    exact: np.ndarray
    worst: Worst | None
    largest: float
    lost: list[Stretch]


class ShownRoundings(NamedTuple):
    """Both in one format, and the rows of the file that can be downloaded."""

    value: ShownRounding
    slope: ShownRounding
    table: np.ndarray


class Settings(NamedTuple):
    """What is shown, from -reach to reach, and whether x is logarithmic."""

    measure: str
    reach: float
    logarithmic: bool


def shown_roundings(asked: Mapping[str, Any]) -> ShownRoundings:
    """f and f' of one function in one format: function, format, and Settings."""
    result: Precision = precision(asked["function"], asked["format"])
    settings = Settings(asked["measure"], asked["reach"], asked["logarithmic"])
    value, slope = cut_down(result.value, settings), cut_down(result.slope, settings)
    return ShownRoundings(value, slope, table(result, settings.reach))


def cut_down(rounding: Rounding, settings: Settings) -> ShownRounding:
    """As many points as a chart has."""
    measure, reach, logarithmic = settings
    x = np.linspace(-reach, reach, CURVE_POINTS)
    return ShownRounding(
        errors=None if measure == CURVE else envelope(rounding, measure, reach, logarithmic),
        curve=staircase(rounding, x),
        exact=rounding.exact[rounding.nearest(x)],
        worst=worst(rounding, reach),
        largest=rounding.largest,
        lost=rounding.lost(),
    )
