"""Points that a generator makes, over real ones."""

from __future__ import annotations

import altair as alt
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import diverging
from dashboard.charts.training.cells import cells_chart
from dashboard.charts.training.data.target import point_table


def generated_chart(picture: Picture, target: Picture | None = None) -> alt.LayerChart:
    """Generated points over real ones, on a map of the discriminator's score."""
    values = picture.values
    surface = cells_chart(values, diverging(picture.arrays["realness"]))
    tables = [] if target is None else [point_table(target.arrays["real"], "Real")]
    table = pd.concat([*tables, point_table(picture.arrays["points"], "Generated")])
    legend = alt.Legend(orient="top", title=None, symbolOpacity=1, symbolSize=90)
    points = (
        alt.Chart(table)
        .mark_circle(size=14, opacity=0.75)
        .encode(
            x="x:Q",
            y="y:Q",
            color=alt.Color("kind:N", scale=alt.Scale(domain=["Real", "Generated"]), legend=legend),
            tooltip=[
                alt.Tooltip("kind:N", title="Point"),
                alt.Tooltip("x:Q", format=".2f"),
                alt.Tooltip("y:Q", format=".2f"),
            ],
        )
    )
    lines = [
        f"{values['modes']} of {values['of']} modes covered.",
        "Blue: the discriminator predicts real; orange: generated.",
    ]
    return alt.LayerChart(
        layer=[surface, points],
        title=alt.Title("Generated points", subtitle=lines, subtitleColor="gray"),
        height=400,
    )
