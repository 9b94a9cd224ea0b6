"""The points of the plane to classify."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import CLASSES

CLASSES_IN_A_ROW = 5  # of the legend: fits a phone
HEIGHT = 400
MARGIN = 0.1  # around the points, as a fraction of their extent
MAX_POINTS = 300  # of each split: enough to see the shape
SUBTITLE = "Circles: training split; diamonds: test split."
SPLITS = {"train": "Train", "test": "Test"}


def points_chart(points: Picture) -> alt.Chart:
    """What there is to learn: the points, where the decision map will be."""
    x, y = (alt.Scale(domain=domain, nice=False) for domain in extent(points))
    return (
        class_marks(points, CLASSES)
        .encode(x=alt.X("x:Q", title="x", scale=x), y=alt.Y("y:Q", title="y", scale=y))
        .properties(
            title=alt.Title("What there is to learn", subtitle=SUBTITLE, subtitleColor="gray"), height=HEIGHT
        )
    )


def extent(points: Picture) -> list[list[float]]:
    """From and to of x and of y, with a margin."""
    every = np.concatenate([points.arrays[f"{split}_points"] for split in SPLITS])
    low, high = every.min(axis=0), every.max(axis=0)
    margin = MARGIN * (high - low)
    return np.stack([low - margin, high + margin], axis=1).tolist()


def class_marks(
    picture: Picture, colors: Sequence[tuple[int, int, int]], names: tuple[str, str] = ("x", "y")
) -> alt.Chart:
    """Points of both splits in the colour of their class; names are those of the two axes."""
    arrays, classes = picture.arrays, picture.values["classes"]
    tables = []
    for split, name in SPLITS.items():
        shown = arrays[f"{split}_points"][:MAX_POINTS]
        labels = [classes[label] for label in arrays[f"{split}_labels"][:MAX_POINTS]]
        tables.append(pd.DataFrame({"x": shown[:, 0], "y": shown[:, 1], "class": labels, "split": name}))
    scale = alt.Scale(domain=classes, range=[f"rgb{color}" for color in colors[: len(classes)]])
    legend = alt.Legend(
        orient="top",
        title="Class",
        titleOrient="left",
        symbolSize=120,
        symbolOpacity=1,
        columns=CLASSES_IN_A_ROW,
    )
    return (
        alt.Chart(pd.concat(tables))
        .mark_point(filled=True, size=36, stroke="white", strokeWidth=0.8, opacity=1)
        .encode(
            x="x:Q",
            y="y:Q",
            color=alt.Color("class:N", scale=scale, legend=legend),
            shape=split_shapes(),
            tooltip=[
                alt.Tooltip("class:N", title="Class"),
                alt.Tooltip("split:N", title="Split"),
                alt.Tooltip("x:Q", title=names[0], format=".2f"),
                alt.Tooltip("y:Q", title=names[1], format=".2f"),
            ],
        )
    )


def split_shapes() -> alt.Shape:
    """Circles for the training split, diamonds for the test split."""
    scale = alt.Scale(domain=[*SPLITS.values()], range=["circle", "diamond"])
    return alt.Shape("split:N", scale=scale, legend=None)
