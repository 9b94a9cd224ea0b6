"""What a network makes of points in the plane."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import CLASSES, by_class, diverging, png_url

CLASSES_IN_A_ROW = 5  # of the legend: fits a phone
HEIGHT = 400
MARGIN = 0.1  # around the points, as a share of their extent
POINTS_SHOWN = 300  # of each part: enough to see the shape
_COLORS = [f"rgb{color}" for color in CLASSES]


def decision_map_chart(picture: Picture, points: Picture | None) -> alt.LayerChart:
    """Which class the network sees where: a smooth picture under the points.

    Stronger colour means a surer answer; the boundary is where the colour fades.
    """
    bounds = {name: picture.values[name] for name in ("x_min", "x_max", "y_min", "y_max")}
    x = alt.Scale(domain=[bounds["x_min"], bounds["x_max"]], nice=False)
    y = alt.Scale(domain=[bounds["y_min"], bounds["y_max"]], nice=False)
    area = pd.DataFrame([bounds | {"url": png_url(_pixels(picture))}])
    surface = (
        alt.Chart(area)
        .mark_image(aspect=False)
        .encode(
            x=alt.X("x_min:Q", title="x", scale=x),
            x2="x_max",
            y=alt.Y("y_min:Q", title="y", scale=y),
            y2="y_max",
            url="url:N",
        )
    )
    layers = [surface] if points is None else [surface, _points(points)]
    return alt.LayerChart(layer=layers, title=_title("Decision map"), height=HEIGHT)


def data_chart(points: Picture) -> alt.Chart:
    """What there is to learn, before a network has seen it: the points, where the decision map will be."""
    every = np.concatenate([points.arrays["train_points"], points.arrays["test_points"]])
    low, high = every.min(axis=0), every.max(axis=0)
    margin = MARGIN * (high - low)
    x, y = (
        alt.Scale(domain=[float(first), float(last)], nice=False)
        for first, last in zip(low - margin, high + margin, strict=True)
    )
    return (
        _points(points)
        .encode(x=alt.X("x:Q", title="x", scale=x), y=alt.Y("y:Q", title="y", scale=y))
        .properties(title=_title("What there is to learn"), height=HEIGHT)
    )


def _title(text: str) -> alt.TitleParams:
    subtitle = "Circles are points of the training part, diamonds are held back."
    return alt.Title(text, subtitle=subtitle, subtitleColor="gray")


def _pixels(picture: Picture) -> np.ndarray:
    probability = picture.arrays["probability"]
    if "winner" not in picture.arrays:
        return diverging(2 * probability - 1)
    return by_class(picture.arrays["winner"], probability, picture.values["classes"])


def _points(picture: Picture) -> alt.Chart:
    arrays, classes = picture.arrays, picture.values["classes"]
    parts = []
    for part, name in (("train", "Training part"), ("test", "Held back")):
        shown = arrays[f"{part}_points"][:POINTS_SHOWN]
        labels = [classes[label] for label in arrays[f"{part}_labels"][:POINTS_SHOWN]]
        parts.append(pd.DataFrame({"x": shown[:, 0], "y": shown[:, 1], "class": labels, "part": name}))
    legend = alt.Legend(
        orient="top",
        title="Class",
        titleOrient="left",
        symbolSize=120,
        symbolOpacity=1,
        columns=CLASSES_IN_A_ROW,
    )
    return (
        alt.Chart(pd.concat(parts))
        .mark_point(filled=True, size=36, stroke="white", strokeWidth=0.8, opacity=1)
        .encode(
            x="x:Q",
            y="y:Q",
            color=alt.Color(
                "class:N", scale=alt.Scale(domain=classes, range=_COLORS[: len(classes)]), legend=legend
            ),
            shape=alt.Shape("part:N", scale=alt.Scale(range=["diamond", "circle"]), legend=None),
            tooltip=[
                alt.Tooltip("class:N", title="Class"),
                alt.Tooltip("part:N", title="Part"),
                alt.Tooltip("x:Q", format=".2f"),
                alt.Tooltip("y:Q", format=".2f"),
            ],
        )
    )
