"""Charts of dying units: fractions and losses over the steps, and against the learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from core.experiments.dying_units.events import name_of
from dashboard.charts.theme import series_color, series_dash, series_scale

# A logarithm of zero cannot be drawn. Guessing has a loss of about 1: a line that leaves at the top explodes.
MIN_LOSS, TOP_LOSS = 1e-4, 10.0
POWERS = [0.0001, 0.001, 0.01, 0.1, 1, 10]
Y_TITLES = {"dead": "Dead units", "flat": "Flat units", "loss": "Loss", "accuracy": "Accuracy"}


def over_steps_chart(
    rows: Sequence[dict[str, Any]],
    activations: Sequence[str],
    quantity: str,
    learning_rate: float,
    bias: float,
) -> alt.LayerChart:
    """One function's median over the seeds after each step, with the middle eight tenths as a band.

    rows are those of dying_units.events.rows; all but one learning rate and bias are left out.
    """
    shown = [row for row in rows if (row["learning_rate"], row["bias"]) == (learning_rate, bias)]
    x = alt.X("step:Q", title="Step", axis=alt.Axis(tickMinStep=1), scale=alt.Scale(nice=False))
    title = f"{Y_TITLES[quantity]} at a learning rate of {learning_rate:g}"
    return _chart(shown, activations, quantity, x, alt.Tooltip("step:Q", title="Step", format=","), title)


def against_rate_chart(
    rows: Sequence[dict[str, Any]], activations: Sequence[str], quantity: str, bias: float
) -> alt.LayerChart:
    """One function's median over the seeds at each learning rate, as it is after the last step of rows."""
    last = max((row["step"] for row in rows), default=0)
    shown = [row for row in rows if (row["step"], row["bias"]) == (last, bias)]
    rates = sorted({row["learning_rate"] for row in shown})
    axis = alt.Axis(values=rates, format="~g", labelOverlap=True)
    scale = alt.Scale(type="log", nice=False, padding=12)
    x = alt.X("learning_rate:Q", title="Learning rate", axis=axis, scale=scale)
    tooltip = alt.Tooltip("learning_rate:Q", title="Learning rate", format="~g")
    title = f"{Y_TITLES[quantity]} after {last:,} steps"
    return _chart(shown, activations, quantity, x, tooltip, title, points=True)


def _chart(
    rows: Sequence[dict[str, Any]],
    activations: Sequence[str],
    quantity: str,
    x: alt.X,
    x_tooltip: alt.Tooltip,
    title: str,
    points: bool = False,
) -> alt.LayerChart:
    names = [name_of(key) for key in activations]
    base = alt.Chart(_table(rows, quantity)).encode(x=x)
    y_format = ".3g" if quantity == "loss" else ".1%"
    color = alt.Color("series:N", scale=series_scale(names), legend=None)
    band = base.mark_area(opacity=0.18, clip=True, aria=False).encode(
        y=_y("low", quantity), y2="high:Q", color=color
    )
    line = base.mark_line(clip=True, point=points, strokeWidth=2.5).encode(
        y=_y("median", quantity),
        color=series_color(names, names),
        strokeDash=series_dash(names).legend(None),
        tooltip=[
            alt.Tooltip("series:N", title="Function"),
            x_tooltip,
            alt.Tooltip("median:Q", title="Median", format=y_format),
            alt.Tooltip("low:Q", title="10th percentile", format=y_format),
            alt.Tooltip("high:Q", title="90th percentile", format=y_format),
            alt.Tooltip("diverged:Q", title="Seeds that diverged"),
        ],
    )
    description = f"Line chart: {title}, a line for each of {', '.join(names)}."
    # Each layer keeps its own colours, so that the legend shows the lines' and not the pale bands'.
    return alt.LayerChart(layer=[band, line], title=title, height=320, description=description).resolve_scale(
        color="independent"
    )


def _y(field: str, quantity: str) -> alt.Y:
    if quantity == "loss":
        scale = alt.Scale(type="log", domainMax=TOP_LOSS, nice=False)
        axis = alt.Axis(format="~g", values=POWERS)
    else:
        scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(format="%", tickCount=5)
    return alt.Y(f"{field}:Q", title=Y_TITLES[quantity], scale=scale, axis=axis)


def _table(rows: Sequence[dict[str, Any]], quantity: str) -> pd.DataFrame:
    """Names of functions for people; a setting at which all seeds diverged has no point."""
    parts = ("low", "median", "high")
    least = MIN_LOSS if quantity == "loss" else 0.0
    texts = [
        {"series": name_of(row["activation"])}
        | {name: row[name] for name in ("step", "learning_rate", "diverged")}
        | {part: max(row[f"{quantity}_{part}"], least) for part in parts}
        for row in rows
        if row[f"{quantity}_median"] is not None
    ]
    table = pd.DataFrame(texts, columns=["series", "step", "learning_rate", "diverged", *parts])
    return table.astype({"series": pd.CategoricalDtype()})  # Altair asks for the type, also of no rows
