"""The loss around a network's weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

LAP = 1.1  # how far a cell reaches below its neighbours, or the page would show between them
FLOOR = 1e-6  # a loss below it is drawn as this, on a scale of logarithms


def landscape_chart(completed: Mapping[str, Any]) -> alt.LayerChart:
    """The slice as a map, the weights in the middle. completed is the record of LandscapeCompleted."""
    offsets = completed["offsets"]
    half = (offsets[1] - offsets[0]) / 2
    table = pd.DataFrame(
        [
            (x, y, x - half, x + LAP * half, y - half, y + LAP * half, loss)
            for y, row in zip(offsets, completed["losses"], strict=True)
            for x, loss in zip(offsets, row, strict=True)
            if loss is not None
        ],
        columns=["x", "y", "left", "right", "bottom", "top", "loss"],
    )
    table["shown"] = table["loss"].clip(lower=FLOOR)
    domain = [offsets[0] - half, offsets[-1] + half]
    scale = alt.Scale(domain=domain, nice=False)
    cells = (
        alt.Chart(table)
        .mark_rect(clip=True)
        .encode(
            x=alt.X("left:Q", title="First direction", scale=scale, axis=alt.Axis(grid=False)),
            x2="right",
            y=alt.Y("bottom:Q", title="Second direction", scale=scale, axis=alt.Axis(grid=False)),
            y2="top",
            color=alt.Color(
                "shown:Q",
                title="Loss",
                scale=alt.Scale(type="log", scheme="viridis", reverse=True),
                legend=alt.Legend(orient="right", format="~g"),
            ),
            tooltip=[
                alt.Tooltip("x:Q", title="First direction", format=".2f"),
                alt.Tooltip("y:Q", title="Second direction", format=".2f"),
                alt.Tooltip("loss:Q", title="Loss", format=".4f"),
            ],
        )
    )
    middle = (
        alt.Chart(pd.DataFrame({"x": [0.0], "y": [0.0]}))
        .mark_point(shape="cross", size=120, filled=True, color="white", stroke="black", strokeWidth=0.8)
        .encode(x="x:Q", y="y:Q", tooltip=alt.value("The run's weights"))
    )
    lines = [
        "Cross: the run's weights; 1 is as far as a filter is long.",
        "A wide basin bears large steps, a narrow one small ones.",
    ]
    return alt.LayerChart(
        layer=[cells, middle],
        title=alt.Title("A slice of the loss landscape", subtitle=lines, subtitleColor="gray"),
        height=380,
    )


def sharpness_chart(completed: Mapping[str, Any]) -> alt.LayerChart:
    """The sharpness beside what is stable at this learning rate, on a scale of logarithms."""
    sharpness, limit = completed["sharpness"], completed["limit"]
    table = pd.DataFrame({"what": ["Sharpness"], "value": [max(sharpness, FLOOR)], "exact": [sharpness]})
    shown = [max(value, FLOOR) for value in (sharpness, limit) if value is not None]
    low, high = 10 ** math.floor(math.log10(min(shown)) - 0.3), 10 ** math.ceil(math.log10(max(shown)) + 0.3)
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    bars = (
        alt.Chart(table)
        .mark_bar(size=18)
        .encode(
            x=alt.X("value:Q", title="Largest eigenvalue of the Hessian", scale=scale),
            x2=alt.datum(low),
            y=alt.Y("what:N", title=None),
            tooltip=[alt.Tooltip("exact:Q", title="Sharpness", format=".4g")],
        )
    )
    layers: list[alt.Chart] = [bars]
    if limit is not None:
        edge = alt.Chart(pd.DataFrame({"limit": [limit]}))
        layers.append(
            edge.mark_rule(strokeDash=[4, 4], strokeWidth=2, color="gray").encode(
                x=alt.X("limit:Q", scale=scale),
                tooltip=[alt.Tooltip("limit:Q", title="Stable up to", format=".4g")],
            )
        )
    lines = _on_the_limit(completed)
    return alt.LayerChart(
        layer=layers, title=alt.Title("Sharpness", subtitle=lines, subtitleColor="gray"), height=170
    )


def _on_the_limit(completed: Mapping[str, Any]) -> list[str]:
    if completed["limit"] is None:
        return ["This optimizer scales each weight's step, so that", "2 / learning rate is no limit for it."]
    return [
        f"Dashed: {completed['limit']:.3g}, what is stable at a rate of {completed['learning_rate']:g}",
        "(2 / rate without momentum): beyond it steps overshoot.",
    ]
