"""A running network's pre-activations under the function that they go into."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from core.experiments.dying_units.running_network import FLAT_SLOPE, OnTheCurve
from dashboard.charts.theme import series_color, series_dash

LINES = ("f(x)", "f′(x)")
PRE_ACTIVATIONS = "Pre-activations"
# Where f goes far beyond f', as ReLU does, only this much of it is drawn: f' has to stay readable.
LOWEST, HIGHEST = -2.0, 3.0
FILLED = 0.55  # of the height goes to the histogram, so that the curves stay readable above it


def on_the_curve_chart(found: OnTheCurve, function: str) -> alt.LayerChart:
    """f and f' over x above one layer's histogram of pre-activations, flat stretches shaded gray."""
    low, high = float(found.x[0]), float(found.x[-1])
    x_scale = alt.Scale(domain=[low, high], nice=False)
    zones = (
        alt.Chart(pd.DataFrame([*found.flat], columns=["from", "to"], dtype=float))
        .mark_rect(color="gray", opacity=0.18, aria=False)
        .encode(x=alt.X("from:Q", title="x", scale=x_scale), x2="to:Q")
    )
    title = alt.Title(
        f"{function} after {found.layer}",
        subtitle=[
            f"Gray: |f′| is under {FLAT_SLOPE:g}.",
            "Bars: the fraction of pre-activations, by the axis on the right.",
        ],
        subtitleColor="gray",
    )
    description = f"f and f′ of {function} over x, and a histogram of the pre-activations of {found.layer}."
    curves = alt.LayerChart(layer=[zones, _lines(found, x_scale)])
    return alt.LayerChart(
        layer=[_bars(found, x_scale), curves], title=title, height=440, description=description
    ).resolve_scale(y="independent", color="independent")


def _bars(found: OnTheCurve, x_scale: alt.Scale) -> alt.Chart:
    bins = pd.DataFrame({"from": found.edges[:-1], "to": found.edges[1:], "fraction": found.fractions})
    bins["zero"], bins["series"] = 0.0, PRE_ACTIVATIONS
    max_fraction = max(float(found.fractions.max()), 1e-9) / FILLED
    return (
        alt.Chart(bins)
        .mark_rect(opacity=0.45, aria=False)
        .encode(
            x=alt.X("from:Q", title="x", scale=x_scale),
            x2="to:Q",
            y=alt.Y(
                "fraction:Q",
                title="Fraction of pre-activations",
                scale=alt.Scale(domain=[0, max_fraction], nice=False),
                axis=alt.Axis(format="~%", orient="right", grid=False, tickCount=4),
            ),
            y2="zero:Q",
            color=alt.Color(
                "series:N",
                # The theme's third colour: the first two are those of the lines.
                scale=alt.Scale(domain=[*LINES, PRE_ACTIVATIONS]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("from:Q", title="From", format=".3f"),
                alt.Tooltip("to:Q", title="To", format=".3f"),
                alt.Tooltip("fraction:Q", title="Fraction of pre-activations", format=".1%"),
            ],
        )
    )


def _lines(found: OnTheCurve, x_scale: alt.Scale) -> alt.Chart:
    table = pd.concat(
        pd.DataFrame({"x": found.x, "value": values.astype(float), "series": name})
        for name, values in zip(LINES, (found.value, found.slope), strict=True)
    )
    return (
        alt.Chart(table)
        .mark_line(strokeWidth=2.5, clip=True)
        .encode(
            x=alt.X("x:Q", title="x", scale=x_scale),
            y=alt.Y("value:Q", title="f(x), f′(x)", scale=_y_scale(found), axis=alt.Axis(orient="left")),
            color=series_color([*LINES, PRE_ACTIVATIONS], LINES),
            strokeDash=series_dash(LINES).legend(None),
            tooltip=[
                alt.Tooltip("series:N", title="Line"),
                alt.Tooltip("x:Q", format=".2f"),
                alt.Tooltip("value:Q", title="Value", format=".4f"),
            ],
        )
    )


def _y_scale(found: OnTheCurve) -> alt.Scale:
    finite = np.concatenate([found.value, found.slope, [0.0, 1.0]])
    finite = finite[np.isfinite(finite)]
    return alt.Scale(domain=[max(float(finite.min()), LOWEST), min(float(finite.max()), HIGHEST)])


def flat_fractions_chart(fractions: Mapping[str, float | None]) -> alt.Chart:
    """By layer, the first one on top, the fraction of pre-activations where the function is flat."""
    layers = [*fractions]
    table = pd.DataFrame({"layer": layers, "fraction": np.array([*fractions.values()], float)})
    return (
        alt.Chart(
            table,
            title=f"Fraction of pre-activations where |f′| is under {FLAT_SLOPE:g}",
            height=44 * len(layers) + 100,
            description="A bar for each layer.",
        )
        .mark_bar()
        .encode(
            x=alt.X(
                "fraction:Q", title="Fraction", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")
            ),
            y=alt.Y("layer:N", title=None, sort=layers),
            tooltip=[
                alt.Tooltip("layer:N", title="Layer"),
                alt.Tooltip("fraction:Q", title="Fraction", format=".1%"),
            ],
        )
    )
