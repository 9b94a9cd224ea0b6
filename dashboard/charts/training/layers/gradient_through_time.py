"""How far back in time the loss's gradient reaches."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.theme import powers_of_ten, series_color, series_dash


def gradient_through_time_chart(picture: Picture) -> alt.LayerChart:
    """Norm of the loss's gradient by each step's state, at the beginning and now."""
    steps = np.arange(1, len(picture.arrays["now"]) + 1)
    names = [f"Step {picture.values['first_step']:,}", f"Now, step {picture.step:,}"]
    parts = [
        pd.DataFrame({"step": steps, "norm": picture.arrays[key].astype(float), "series": name})
        for key, name in zip(("first", "now"), names, strict=True)
    ]
    table = pd.concat(parts[1:] if names[0].endswith(f" {picture.step:,}") else parts)
    table = table[table["norm"] > 0]  # a logarithm of zero cannot be drawn
    shown = [name for name in names if name in set(table["series"])]
    base = alt.Chart(table).encode(
        x=alt.X(
            "step:Q", title="Step of the sequence", axis=alt.Axis(tickMinStep=1), scale=alt.Scale(nice=False)
        ),
        y=alt.Y(
            "norm:Q",
            title="Gradient norm",
            scale=alt.Scale(type="log", zero=False),
            axis=powers_of_ten(5),
        ),
        color=series_color(names, shown),
    )
    tooltip = [
        alt.Tooltip("series:N", title="Training"),
        alt.Tooltip("step:Q", title="Step of the sequence"),
        alt.Tooltip("norm:Q", title="Gradient norm", format=".2e"),
    ]
    layers = [
        base.mark_line(aria=False).encode(strokeDash=series_dash(names)),
        base.mark_circle(size=26, opacity=0.6, aria=False).encode(tooltip=tooltip),
    ]
    subtitle = "Of the loss, by each step's state; falling to the left: it vanishes."
    title = alt.Title("Loss gradient through time", subtitle=subtitle, subtitleColor="gray")
    return alt.LayerChart(layer=layers, title=title, height=260)
