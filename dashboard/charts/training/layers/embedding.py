"""Where the last hidden layer puts samples."""

from __future__ import annotations

import altair as alt
import pandas as pd

from core.events import Picture

SHAPES = ("circle", "square", "triangle-up")
MAX_MARK = 2  # characters of a class's name that may stand in place of a dot


def embedding_chart(picture: Picture) -> alt.LayerChart:
    """Test samples along two principal components of the last hidden layer, coloured by class."""
    places, classes = picture.arrays["places"], picture.values["classes"]
    table = pd.DataFrame(
        {
            "x": places[:, 0],
            "y": places[:, 1],
            "class": [classes[label] for label in picture.arrays["labels"]],
        }
    )
    first, second = picture.values["explained"]
    base = alt.Chart(table).encode(
        x=alt.X("x:Q", title=f"First component ({first:.0%} of the variance)"),
        y=alt.Y("y:Q", title=f"Second component ({second:.0%})"),
        tooltip=[alt.Tooltip("class:N", title="Class")],
    )
    written = max(len(name) for name in classes) <= MAX_MARK
    legend = None if written else alt.Legend(orient="top", title=None, columns=3, symbolOpacity=1)
    color = alt.Color("class:N", scale=alt.Scale(domain=classes), legend=legend)
    if written:
        marks = base.mark_text(fontSize=12, fontWeight="bold").encode(text="class:N", color=color)
    else:
        shapes = [SHAPES[n % len(SHAPES)] for n in range(len(classes))]
        shape = alt.Shape("class:N", scale=alt.Scale(domain=classes, range=shapes), legend=legend)
        marks = base.mark_point(filled=True, size=36, opacity=0.75).encode(color=color, shape=shape)
    subtitle = "Test samples; classes far apart are easy to separate."
    return alt.LayerChart(
        layer=[marks],
        title=alt.Title("Embedding of the last hidden layer", subtitle=subtitle, subtitleColor="gray"),
        height=340,
    )
