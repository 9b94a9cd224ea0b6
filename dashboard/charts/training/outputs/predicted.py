"""Prediction against truth of a table's rows."""

from __future__ import annotations

import altair as alt
import pandas as pd

from core.events import Picture
from dashboard.charts.training.data.points import SPLITS, split_shapes

MAX_ROWS = 300  # of each split: enough to see the shape


def predicted_chart(picture: Picture) -> alt.LayerChart:
    """Prediction against truth; a right prediction lies on the line."""
    arrays, target = picture.arrays, picture.values["answer"]
    tables = [
        pd.DataFrame(
            {
                "truth": arrays[f"{prefix}truth"][:MAX_ROWS],
                "predicted": arrays[f"{prefix}predicted"][:MAX_ROWS],
                "split": SPLITS[split],
            }
        )
        for split, prefix in (("train", "train_"), ("test", ""))
    ]
    rows = pd.concat(tables)
    # An untrained network may predict anything: the truth sets the scale.
    low, high = float(rows["truth"].min()), float(rows["truth"].max())
    scale = alt.Scale(domain=[low, high], nice=True)
    line = (
        alt.Chart(pd.DataFrame({"at": [low, high]}))
        .mark_line(color="gray", strokeDash=[4, 4], aria=False)
        .encode(x="at:Q", y="at:Q")
    )
    dots = (
        alt.Chart(rows)
        .mark_point(filled=True, size=32, opacity=0.7, clip=True)
        .encode(
            x=alt.X("truth:Q", title=f"True {target}", scale=scale),
            y=alt.Y("predicted:Q", title=f"Predicted {target}", scale=scale),
            color=alt.Color(
                "split:N",
                scale=alt.Scale(domain=[*SPLITS.values()]),
                legend=alt.Legend(orient="top", title=None),
            ),
            shape=split_shapes(),
            tooltip=[
                alt.Tooltip("split:N", title="Split"),
                alt.Tooltip("truth:Q", title="Truth", format=",.4~g"),
                alt.Tooltip("predicted:Q", title="Predicted", format=",.4~g"),
            ],
        )
    )
    title = alt.Title(
        "Predicted against true", subtitle="Right predictions lie on the line.", subtitleColor="gray"
    )
    return alt.LayerChart(layer=[line, dots], title=title, height=400)
