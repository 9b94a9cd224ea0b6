"""Curves over x, overlaid, with stretches of x shaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
import pyarrow as pa

from dashboard.charts.theme import series_color, series_dash

HEIGHT = 420
READINGS = 100  # places where the pointer reads; each is two marks in the browser, drawn anew with the curves


def curve_chart(
    x: np.ndarray,
    series: Mapping[str, np.ndarray],
    title: str,
    y_title: str,
    every: Sequence[str] = (),
    shaded: Sequence[tuple[float, float]] = (),
) -> dict[str, Any]:
    """One line for each series over x, with all values at the pointer in a tooltip, as a Vega-Lite spec.

    x and each series have shape (points,). every: all names that can appear, so that each keeps its colour.
    Without its "datasets" the spec depends on the names alone: where only numbers change, neither the server
    builds it again nor the browser parses it, which is what makes a slider feel immediate.
    """
    spec = _spec(tuple(series), tuple(every or series), title, y_title)
    every_nth = max(1, len(x) // READINGS)
    zones = np.array(shaded, np.float32).reshape(-1, 2)
    datasets = {
        "curves": pa.table({"x": x, **series}),
        "readings": pa.table({"x": x[::every_nth]} | {name: y[::every_nth] for name, y in series.items()}),
        "zones": pa.table({"from": zones[:, 0], "to": zones[:, 1]}),
    }
    return spec | {"datasets": datasets}


@lru_cache(maxsize=64)
def _spec(names: tuple[str, ...], every: tuple[str, ...], title: str, y_title: str) -> dict[str, Any]:
    layers = [_zones(), _lines(names, every, y_title), _pointer(names)]
    description = f"Line chart of {y_title} over x for {', '.join(names)}."
    return alt.LayerChart(
        layer=layers, title=alt.Title(title, offset=6), description=description, height=HEIGHT
    ).to_dict()


def _lines(names: tuple[str, ...], every: tuple[str, ...], y_title: str) -> alt.Chart:
    return (
        alt.Chart(alt.NamedData("curves"))
        .transform_fold([*names], as_=["series", "value"])
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("x:Q", title="x", scale=alt.Scale(nice=False, zero=False)),
            y=alt.Y("value:Q", title=y_title, scale=alt.Scale(zero=True)),
            color=series_color(every, names),
            strokeDash=series_dash(every, shown=names),
        )
    )


def _zones() -> alt.Chart:
    return (
        alt.Chart(alt.NamedData("zones"))
        .mark_rect(color="gray", opacity=0.16, tooltip=None)
        .encode(x=alt.X("from:Q", title="x"), x2="to:Q")
    )


def _pointer(names: tuple[str, ...]) -> alt.Chart:
    """A rule at the x nearest to the pointer; its tooltip reads every curve there."""
    pointer = alt.selection_point(
        name="pointer", nearest=True, on="pointermove", clear="pointerout", fields=["x"], empty=False
    )
    tooltip = [alt.Tooltip("x:Q", format=".2f")]
    tooltip += [alt.Tooltip(name, type="quantitative", format=".4f") for name in names]
    return (
        alt.Chart(alt.NamedData("readings"))
        .mark_rule(color="gray", aria=False)
        .encode(
            x="x:Q",
            opacity=alt.when(pointer).then(alt.value(0.7)).otherwise(alt.value(0)),
            tooltip=tooltip,
        )
        .add_params(pointer)
    )
