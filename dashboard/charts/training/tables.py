"""What a network makes of the rows of a table."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import CLASSES, STRONGEST, png_url

SHOWN = 300  # rows of each part: enough to see the shape
# Beyond the eight that every kind of eyes tells apart: a violet, a brown, an olive and a crimson.
COLORS = (*CLASSES, (107, 76, 154), (146, 90, 60), (128, 150, 40), (220, 50, 90))
PARTS = {"train": "Training part", "test": "Held back"}


def table_map_chart(picture: Picture, points: Picture | None) -> alt.LayerChart:
    """The most probable class over the plane of the first two principal components, under the rows.

    The rows are projected: one may lie far above or below the plane, and there have another answer.
    """
    values = picture.values
    bounds = {name: values[name] for name in ("x_min", "x_max", "y_min", "y_max")}
    titles = [
        f"{place} principal component ({share:.0%} of the variance)"
        for place, share in zip(("First", "Second"), values["shares"], strict=True)
    ]
    pixels = _pixels(picture.arrays["winner"], picture.arrays["probability"], values["classes"])
    x = alt.Scale(domain=[bounds["x_min"], bounds["x_max"]], nice=False)
    y = alt.Scale(domain=[bounds["y_min"], bounds["y_max"]], nice=False)
    surface = (
        alt.Chart(pd.DataFrame([bounds | {"url": png_url(pixels)}]))
        .mark_image(aspect=False)
        .encode(
            x=alt.X("x_min:Q", title=titles[0], scale=x),
            x2="x_max",
            y=alt.Y("y_min:Q", title=titles[1], scale=y),
            y2="y_max",
            url="url:N",
        )
    )
    layers = [surface] if points is None else [surface, _rows(points)]
    lines = [
        "Circles: training part; diamonds: held back.",
        "Rows are projected onto the plane.",
    ]
    return alt.LayerChart(
        layer=layers, title=alt.Title("Decision map", subtitle=lines, subtitleColor="gray"), height=400
    )


def predicted_chart(picture: Picture) -> alt.LayerChart:
    """The network's answer against the truth; a right answer lies on the line."""
    arrays, answer = picture.arrays, picture.values["answer"]
    tables = [
        pd.DataFrame(
            {
                "truth": arrays[f"{prefix}truth"][:SHOWN],
                "predicted": arrays[f"{prefix}predicted"][:SHOWN],
                "part": PARTS[part],
            }
        )
        for part, prefix in (("train", "train_"), ("test", ""))
    ]
    rows = pd.concat(tables)
    # An untrained network may answer anything: the truth sets the scale.
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
            x=alt.X("truth:Q", title=f"True {answer}", scale=scale),
            y=alt.Y("predicted:Q", title=f"Predicted {answer}", scale=scale),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=[*PARTS.values()]),
                legend=alt.Legend(orient="top", title=None),
            ),
            shape=alt.Shape(
                "part:N", scale=alt.Scale(domain=[*PARTS.values()], range=["circle", "diamond"]), legend=None
            ),
            tooltip=[
                alt.Tooltip("part:N", title="Part"),
                alt.Tooltip("truth:Q", title="Truth", format=",.4~g"),
                alt.Tooltip("predicted:Q", title="Predicted", format=",.4~g"),
            ],
        )
    )
    title = alt.Title(
        "Predicted against true", subtitle="Right answers lie on the line.", subtitleColor="gray"
    )
    return alt.LayerChart(layer=[line, dots], title=title, height=400)


def _pixels(winner: np.ndarray, probability: np.ndarray, classes: int) -> np.ndarray:
    """RGBA in the colour of each winner, the less sure the paler; a probability of 1 / classes is nothing."""
    surely = np.clip((probability * classes - 1) / (classes - 1), 0, 1)
    colors = np.array(COLORS, np.uint8)[winner]
    return np.dstack([colors, (surely * STRONGEST).astype(np.uint8)])


def _rows(picture: Picture) -> alt.Chart:
    arrays, classes = picture.arrays, picture.values["classes"]
    colors = [f"rgb{color}" for color in COLORS[: len(classes)]]
    tables = []
    for part, name in PARTS.items():
        shown = arrays[f"{part}_points"][:SHOWN]
        labels = [classes[label] for label in arrays[f"{part}_labels"][:SHOWN]]
        tables.append(pd.DataFrame({"x": shown[:, 0], "y": shown[:, 1], "class": labels, "part": name}))
    legend = alt.Legend(
        orient="top", title="Class", titleOrient="left", symbolSize=120, symbolOpacity=1, columns=5
    )
    return (
        alt.Chart(pd.concat(tables))
        .mark_point(filled=True, size=36, stroke="white", strokeWidth=0.8, opacity=1)
        .encode(
            x="x:Q",
            y="y:Q",
            color=alt.Color("class:N", scale=alt.Scale(domain=classes, range=colors), legend=legend),
            shape=alt.Shape(
                "part:N", scale=alt.Scale(domain=[*PARTS.values()], range=["circle", "diamond"]), legend=None
            ),
            tooltip=[
                alt.Tooltip("class:N", title="Class"),
                alt.Tooltip("part:N", title="Part"),
                alt.Tooltip("x:Q", title="First component", format=".2f"),
                alt.Tooltip("y:Q", title="Second component", format=".2f"),
            ],
        )
    )
