"""Gradient and update of each layer over the run."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.theme import powers_of_ten, series_color, series_dash

MIN_JOINED = 4  # points of a layer: a line between fewer would show what nobody measured

# A rule of thumb: an update of about a thousandth of the weights, within a factor of three.
TYPICAL_RATIO = (1e-3 / 3, 3e-3)


def update_ratio_chart(picture: Picture) -> alt.LayerChart:
    """The ratio of update to weights, of each layer over the run, with the typical range marked."""
    band = pd.DataFrame([{"low": TYPICAL_RATIO[0], "high": TYPICAL_RATIO[1], "what": "Typical: about 0.001"}])
    typical = (
        alt.Chart(band)
        .mark_rect(opacity=0.18, color="gray")
        .encode(y=alt.Y("low:Q"), y2="high", tooltip=alt.Tooltip("what:N", title="Gray band"))
    )
    subtitle = ["One step's change by the norm of the weights.", "The gray band is typical: about 0.001."]
    return _over_run(picture, "ratio", "Update / weights", "Update of each layer", subtitle, typical)


def gradient_norm_chart(picture: Picture) -> alt.LayerChart:
    """Norm of the loss's gradient, of each layer over the run."""
    subtitle = ["Of the loss on one fixed batch. Where early layers", "are far below late ones, it vanishes."]
    return _over_run(picture, "gradient", "Gradient norm", "Gradient of each layer", subtitle)


def update_norm_chart(picture: Picture) -> alt.LayerChart:
    """Norm of what one step changes, of each layer over the run."""
    subtitle = ["How far one step on one fixed batch moves the weights."]
    return _over_run(picture, "update", "Update norm", "Update norm of each layer", subtitle)


def _over_run(
    picture: Picture,
    quantity: str,
    y_title: str,
    title: str,
    subtitle: list[str],
    below: alt.Chart | None = None,
) -> alt.LayerChart:
    layers = picture.values["layers"]
    steps, values = picture.arrays[f"{quantity}_steps"], picture.arrays[quantity].astype(float)
    drawn = (steps >= 0) & (values > 0)  # a logarithm of zero cannot be drawn
    row, _ = np.nonzero(drawn)
    table = pd.DataFrame(
        {"step": steps[drawn], "value": values[drawn], "series": [layers[layer] for layer in row]}
    )
    base = alt.Chart(table).encode(
        x=alt.X("step:Q", title="Step", axis=alt.Axis(tickMinStep=1), scale=alt.Scale(nice=False)),
        y=alt.Y(
            "value:Q",
            title=y_title,
            scale=alt.Scale(type="log", zero=False),
            axis=powers_of_ten(5),
        ),
        color=series_color(layers, layers),
    )
    tooltip = [
        alt.Tooltip("series:N", title="Layer"),
        alt.Tooltip("step:Q", title="Step", format=","),
        alt.Tooltip("value:Q", title=y_title, format=".2e"),
    ]
    lines = base.mark_line(aria=False).encode(strokeDash=series_dash(layers))
    dots = base.mark_circle(size=22, opacity=0.6, aria=False).encode(tooltip=tooltip)
    joined = drawn.sum(axis=1).max(initial=0) >= MIN_JOINED
    parts = [*([] if below is None else [below]), *([lines] if joined else []), dots]
    return alt.LayerChart(
        layer=parts, title=alt.Title(title, subtitle=subtitle, subtitleColor="gray"), height=320
    )
