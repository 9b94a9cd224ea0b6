"""How a network tells classes apart: which it takes for which, and where it puts their samples."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import BLUE, ORANGE

STRONG = 0.5  # share from which a square is so dark that only white is read on it
COUNTS_WRITTEN = 12  # with more classes the numbers would not fit a phone
SHAPES = ("circle", "square", "triangle-up")
MAX_MARK = 2  # characters of a class's name that may stand in place of a dot
_BLUE, _ORANGE = (f"rgb{color}" for color in (BLUE, ORANGE))


def confusion_chart(picture: Picture) -> alt.LayerChart:
    """A row for each true class, a column for each answer: blue on the diagonal is right, orange is not."""
    counts, classes = picture.arrays["counts"], picture.values["classes"]
    truth, answer = np.divmod(np.arange(counts.size), len(classes))
    of_truth = counts.sum(axis=1)[truth]
    table = pd.DataFrame(
        {
            "truth": [classes[n] for n in truth],
            "answer": [classes[n] for n in answer],
            "count": counts.ravel(),
            "share": counts.ravel() / np.maximum(of_truth, 1),
            "right": truth == answer,
        }
    )
    places: dict[str, Any] = {
        "x": alt.X("answer:N", title="Answer", sort=classes, axis=alt.Axis(labelAngle=0)),
        "y": alt.Y("truth:N", title="Truth", sort=classes),
    }
    tooltip = [
        alt.Tooltip("truth:N", title="Truth"),
        alt.Tooltip("answer:N", title="Answer"),
        alt.Tooltip("count:Q", title="Samples"),
        alt.Tooltip("share:Q", title="Share of the true class", format=".1%"),
    ]
    base = alt.Chart(table).encode(**places, tooltip=tooltip)
    squares = base.mark_rect().encode(
        color=alt.when(alt.datum.right).then(alt.value(_BLUE)).otherwise(alt.value(_ORANGE)),
        opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0, 0.7]), legend=None),
    )
    layers = [squares]
    if len(classes) <= COUNTS_WRITTEN:
        numbers = base.transform_filter("datum.count > 0").mark_text(fontSize=12)
        on_strong = alt.when(alt.datum.share > STRONG).then(alt.value("white")).otherwise(alt.value("gray"))
        layers.append(numbers.encode(text="count:Q", color=on_strong))
    wrong = int(counts.sum() - np.trace(counts))
    subtitle = f"{wrong} of {int(counts.sum())} held-back answers are wrong (orange)."
    return alt.LayerChart(
        layer=layers,
        title=alt.Title("Confusion matrix", subtitle=subtitle, subtitleColor="gray"),
        height=max(200, 30 * len(classes)) + 90,
    )


def embedding_chart(picture: Picture) -> alt.LayerChart:
    """Held-back samples along two principal components of the last hidden layer, coloured by class."""
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
    subtitle = "Held-back samples; classes that lie apart are easy to tell."
    return alt.LayerChart(
        layer=[marks],
        title=alt.Title("What the last hidden layer sees", subtitle=subtitle, subtitleColor="gray"),
        height=340,
    )
