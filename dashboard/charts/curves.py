"""Curves over x, overlaid, with stretches of x shaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np

# Altair looks at pandas as soon as anybody has begun to load it, and fails if that has not ended: with many
# visitors at once it must be there before the first chart.
import pandas as pd  # noqa: F401
import pyarrow as pa

from dashboard.charts.theme import series_color, series_dash

HEIGHT = 420
PIXEL = 0.2 / HEIGHT  # how far a drawn curve may be off, as a part of the chart's height
MIN_LINES = 8  # of which a curve is drawn, however straight it is
READINGS = 60  # places where the pointer reads; each is two marks in the browser, drawn anew with the curves


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
    series = {name: np.where(np.isfinite(y), y, np.nan) for name, y in series.items()}  # gaps, no axis to ∞
    every_nth = max(1, len(x) // READINGS)
    zones = np.array(shaded, np.float32).reshape(-1, 2)
    datasets = {
        "curves": _bends(x, series),
        "readings": pa.table(
            {"x": _read_out(x[::every_nth], 2)}
            | {name: _read_out(y[::every_nth], 4) for name, y in series.items()}
        ),
        "zones": pa.table({"from": zones[:, 0], "to": zones[:, 1]}),
    }
    return spec | {"datasets": datasets}


def as_sent(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec with its tables written down as Arrow sends them, for a spec that is drawn more than once."""
    return spec | {"datasets": {name: _written(table) for name, table in spec["datasets"].items()}}


def _written(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def _bends(x: np.ndarray, series: Mapping[str, np.ndarray]) -> pa.Table:
    """Of each curve only as many points as its bends need: the browser's work is one mark for each.

    Lines between points where the curve is f'' bent are off by at most f'' d^2 / 8 at a distance of d, so the
    points lie as densely as the square root of f'' says. Kinks, where f'' is far above that around it, are
    all kept.
    """
    y = np.array([*series.values()])
    finite = np.isfinite(y)
    height = _height(y, finite)
    bend = np.abs(np.nan_to_num(np.diff(y.astype(np.float64), 2)))
    around = np.pad(bend, ((0, 0), (2, 2)), mode="edge")
    kinks = bend > 3 * np.maximum(around[:, :-4], around[:, 4:]) + 1e-6 * height
    dense = np.cumsum(np.sqrt(bend / (8 * PIXEL * height)), axis=1)
    needed = np.pad(dense, ((0, 0), (1, 0))) + np.linspace(0, MIN_LINES, len(x) - 1)
    lines = np.floor(needed * ((np.ceil(needed[:, -1:]) - 1) / needed[:, -1:]))
    kept = np.ones(y.shape, bool)  # both ends always
    kept[:, 1:-1] = kinks | (np.diff(lines) > 0)
    return pa.table(
        {
            "x": np.broadcast_to(x, y.shape)[kept],
            "value": y[kept],
            "series": np.repeat([*series], kept.sum(axis=1)),
        }
    )


def _height(y: np.ndarray, finite: np.ndarray) -> float:
    """How far the highest and the lowest point of the tallest curve lie apart."""
    top = np.max(y, axis=1, initial=-np.inf, where=finite)
    bottom = np.min(y, axis=1, initial=np.inf, where=finite)
    return float(np.max(top - bottom, initial=0)) or 1.0


def _read_out(values: np.ndarray, decimals: int) -> np.ndarray:
    """As many digits as the tooltip shows."""
    return values.astype(np.float64).round(decimals)


@lru_cache(maxsize=64)
def _spec(names: tuple[str, ...], every: tuple[str, ...], title: str, y_title: str) -> dict[str, Any]:
    layers = [_zones(), _lines(names, every, y_title), _pointer()]
    description = f"Line chart of {y_title} over x for {', '.join(names)}."
    return alt.LayerChart(
        layer=layers, title=alt.Title(title, offset=6), description=description, height=HEIGHT
    ).to_dict()


def _lines(names: tuple[str, ...], every: tuple[str, ...], y_title: str) -> alt.Chart:
    return (
        alt.Chart(alt.NamedData("curves"))
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


def _pointer() -> alt.Chart:
    """A rule at the x nearest to the pointer; its tooltip reads every curve there."""
    pointer = alt.selection_point(
        name="pointer", nearest=True, on="pointermove", clear="pointerout", fields=["x"], empty=False
    )
    return (
        alt.Chart(alt.NamedData("readings"))
        # The tooltip is the row as it is: a format for each value would be worked out at every redraw.
        .mark_rule(color="gray", aria=False, tooltip=alt.TooltipContent("data"))
        .encode(x="x:Q", opacity=alt.when(pointer).then(alt.value(0.7)).otherwise(alt.value(0)))
        .add_params(pointer)
    )
