"""Curves and their charts, cached: many who look at one page begin with the same functions and range."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from core.activations.curves import Curves, curves
from dashboard.charts.curves import as_sent, curve_chart
from dashboard.components.activation_picker import EVERY_NAME, name_of

MAX_ENTRIES = 500  # of some 50 KB each

WithParameters = tuple[tuple[str, tuple[tuple[str, float], ...]], ...]  # keys, each with its parameters


class CachedCurves(NamedTuple):
    """Curves, and the specs of function, derivative and second derivative."""

    curves: Curves
    specs: tuple[dict[str, Any], ...]


@lru_cache(MAX_ENTRIES)  # Streamlit's own cache takes longer for its key than it would save
def cached_curves(
    functions: WithParameters, low: float, high: float, shaded: tuple[tuple[float, float], ...]
) -> CachedCurves:
    """The functions from low to high, with intervals of x shaded; raises what curves() raises."""
    computed = curves({key: dict(parameters) for key, parameters in functions}, low, high, second=True)
    specs = []
    for title, y_title, series in (
        ("Function", "f(x)", computed.values),
        ("Derivative", "f′(x)", computed.derivatives),
        ("Second derivative", "f″(x)", computed.second_derivatives),
    ):
        named = {name_of(key): line for key, line in series.items()}
        specs.append(as_sent(curve_chart(computed.x, named, title, y_title, EVERY_NAME, shaded)))
    return CachedCurves(computed, tuple(specs))
