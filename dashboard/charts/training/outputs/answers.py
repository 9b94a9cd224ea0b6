"""Prediction against truth of sequences."""

from __future__ import annotations

import altair as alt
import pandas as pd

from core.events import Picture


def answers_chart(picture: Picture) -> alt.LayerChart:
    """Prediction against truth of test sequences; right ones lie on the line."""
    truth, predicted, name = picture.arrays["truth"], picture.arrays["answer"], picture.values["answer"]
    low = float(min(truth.min(), predicted.min()))
    high = float(max(truth.max(), predicted.max()))
    scale = alt.Scale(domain=[low, high], nice=True)
    tooltip = [
        alt.Tooltip("truth:Q", title="Truth", format=".3f"),
        alt.Tooltip("predicted:Q", title="Prediction", format=".3f"),
    ]
    right = (
        alt.Chart(pd.DataFrame({"truth": [low, high], "predicted": [low, high]}))
        .mark_line(color="gray", strokeDash=[4, 4])
        .encode(x="truth:Q", y="predicted:Q")
    )
    points = (
        alt.Chart(pd.DataFrame({"truth": truth, "predicted": predicted}))
        .mark_circle(size=28, opacity=0.7)
        .encode(
            x=alt.X("truth:Q", title=f"Truth: {name}", scale=scale),
            y=alt.Y("predicted:Q", title="Prediction", scale=scale),
            tooltip=tooltip,
        )
    )
    title = alt.Title(
        "Predictions on test sequences", subtitle="On the dashed line they are right.", subtitleColor="gray"
    )
    return alt.LayerChart(layer=[right, points], title=title, height=320)
