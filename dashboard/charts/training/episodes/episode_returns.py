"""The returns of a training's episodes."""

from __future__ import annotations

import altair as alt
import pandas as pd

from core.events import Picture


def episode_returns_chart(picture: Picture) -> alt.LayerChart:
    """Return of the training's episodes, which explore: mean, and lowest to highest, of neighbouring ones."""
    arrays = picture.arrays
    table = pd.DataFrame({name: arrays[name] for name in ("last", "lowest", "mean", "highest")})
    base = alt.Chart(table).encode(x=alt.X("last:Q", title="Episode", axis=alt.Axis(tickMinStep=1)))
    tooltip = [
        alt.Tooltip("last:Q", title="Episodes up to", format=","),
        alt.Tooltip("mean:Q", title="Mean", format=".2f"),
        alt.Tooltip("lowest:Q", title="Lowest", format=".2f"),
        alt.Tooltip("highest:Q", title="Highest", format=".2f"),
    ]
    band = base.mark_area(opacity=0.25).encode(y=alt.Y("lowest:Q", title="Return"), y2="highest")
    line = base.mark_line().encode(y="mean:Q")
    points = base.mark_point(size=60, opacity=0).encode(y="mean:Q", tooltip=tooltip)
    return alt.LayerChart(
        layer=[band, line, points],
        title=alt.Title(
            "Episode returns",
            subtitle="While exploring: mean of neighbouring episodes, and their range",
            subtitleColor="gray",
        ),
        height=260,
    )
