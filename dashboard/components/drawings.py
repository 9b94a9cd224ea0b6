"""Drawn curves, kept: many who look at one page begin with the same functions and the same range."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from core.activations import ACTIVATIONS
from core.activations.curves import Curves, curves
from dashboard.charts.curves import as_sent, curve_chart
from dashboard.components.custom_activation import OWN, name_of

MAX_KEPT = 500  # of some 50 KB each
EVERY = (*(activation.name for activation in ACTIVATIONS.values()), OWN)

Chosen = tuple[tuple[str, tuple[tuple[str, float], ...]], ...]  # keys, each with its parameters


class Drawing(NamedTuple):
    """Curves, and the specs of function, derivative and second derivative."""

    curves: Curves
    specs: tuple[dict[str, Any], ...]


@lru_cache(MAX_KEPT)  # Streamlit's own cache takes longer for its key than it would save
def drawing(chosen: Chosen, low: float, high: float, shaded: tuple[tuple[float, float], ...]) -> Drawing:
    """The chosen functions from low to high, with stretches of x shaded; raises what curves() raises."""
    drawn = curves({key: dict(parameters) for key, parameters in chosen}, low, high, second=True)
    specs = []
    for title, y_title, series in (
        ("Function", "f(x)", drawn.values),
        ("Derivative", "f′(x)", drawn.derivatives),
        ("Second derivative", "f″(x)", drawn.second_derivatives),
    ):
        named = {name_of(key): line for key, line in series.items()}
        specs.append(as_sent(curve_chart(drawn.x, named, title, y_title, EVERY, shaded)))
    return Drawing(drawn, tuple(specs))
