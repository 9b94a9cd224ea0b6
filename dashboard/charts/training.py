"""Charts of a training: its curves, and the picture that suits its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.lines import columns, lines
from dashboard.charts.pixels import BLUE, ORANGE, diverging, png_url

POINTS_SHOWN = 300  # of each part: enough to see the shape
IMAGES_IN_A_ROW, FILTERS_IN_A_ROW = 8, 8
_BLUE, _ORANGE = (f"rgb{color}" for color in (BLUE, ORANGE))


def loss_chart(epochs: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """Loss on both parts of the data after each epoch."""
    names = {"epoch": "Epoch", "train_loss": "Training part", "test_loss": "Held back"}
    return lines(
        columns(epochs, names), "Epoch", "Loss", "Loss", y_format=".4f", y_scale=alt.Scale(zero=True)
    )


def metric_chart(epochs: Sequence[Mapping[str, Any]], metric: str) -> alt.LayerChart:
    """Accuracy or skill on both parts after each epoch."""
    names = {"epoch": "Epoch", "train_metric": "Training part", "test_metric": "Held back"}
    titles = {"accuracy": "Share of right answers", "skill": "1 − error / error of the baseline"}
    return lines(columns(epochs, names), "Epoch", metric.capitalize(), titles[metric])


def decision_map_chart(picture: Picture, points: Picture | None) -> alt.LayerChart:
    """Which class the network sees where: a smooth picture under the points.

    Stronger colour means a surer answer; the boundary is where the colour fades.
    """
    bounds = picture.values
    x = alt.Scale(domain=[bounds["x_min"], bounds["x_max"]], nice=False)
    y = alt.Scale(domain=[bounds["y_min"], bounds["y_max"]], nice=False)
    area = pd.DataFrame([dict(bounds) | {"url": png_url(diverging(2 * picture.arrays["probability"] - 1))}])
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
    subtitle = "Circles are points of the training part, diamonds are held back."
    return alt.LayerChart(
        layer=layers, title=alt.Title("Decision map", subtitle=subtitle, subtitleColor="gray"), height=400
    )


def _points(picture: Picture) -> alt.Chart:
    arrays, classes = picture.arrays, picture.values["classes"]
    parts = []
    for part, name in (("train", "Training part"), ("test", "Held back")):
        shown = arrays[f"{part}_points"][:POINTS_SHOWN]
        labels = [classes[label] for label in arrays[f"{part}_labels"][:POINTS_SHOWN]]
        parts.append(pd.DataFrame({"x": shown[:, 0], "y": shown[:, 1], "class": labels, "part": name}))
    legend = alt.Legend(orient="top", title="Class", titleOrient="left", symbolSize=120, symbolOpacity=1)
    return (
        alt.Chart(pd.concat(parts))
        .mark_point(filled=True, size=36, stroke="white", strokeWidth=0.8, opacity=1)
        .encode(
            x="x:Q",
            y="y:Q",
            color=alt.Color(
                "class:N", scale=alt.Scale(domain=classes, range=[_ORANGE, _BLUE]), legend=legend
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


def predictions_chart(picture: Picture) -> alt.LayerChart:
    """Held-back images with the network's answer under each; mistakes come first and say what was right."""
    arrays, classes = picture.arrays, picture.values["classes"]
    right = arrays["labels"] == arrays["predicted"]
    table = _grid([png_url(image) for image in arrays["images"]], IMAGES_IN_A_ROW)
    table["truth"] = [classes[label] for label in arrays["labels"]]
    table["answer"] = [classes[label] for label in arrays["predicted"]]
    table["confidence"] = arrays["confidence"]
    table["caption"] = np.where(right, table["answer"], table["answer"] + ", not " + table["truth"])
    table["right"] = right
    title = f"Answers on held-back images ({int((~right).sum())} mistakes shown first)"
    tooltip = [
        alt.Tooltip("answer:N", title="Answer"),
        alt.Tooltip("truth:N", title="Truth"),
        alt.Tooltip("confidence:Q", title="Confidence", format=".1%"),
    ]
    base = alt.Chart(table).encode(**_places(), tooltip=tooltip)
    images = base.mark_image(width=36, height=36).encode(url="url:N")
    captions = base.mark_text(dy=27, fontSize=11).encode(
        text="caption:N",
        color=alt.when(alt.datum.right).then(alt.value("gray")).otherwise(alt.value(_ORANGE)),
    )
    return alt.LayerChart(layer=[images, captions], title=title, height=_height(table, 62))


def filters_chart(picture: Picture) -> alt.Chart:
    """First-layer weights as small pictures: blue adds to the sum, orange takes away, empty is zero."""
    weights = picture.arrays["weights"]
    largest = float(np.abs(weights).max()) or 1.0
    enlarge = max(1, 90 // weights.shape[-1])
    table = _grid([png_url(diverging(kernel / largest), enlarge) for kernel in weights], FILTERS_IN_A_ROW)
    table["name"] = [f"{n + 1} of {len(weights)}" for n in range(len(weights))]
    return (
        alt.Chart(table, title="First-layer filters", height=_height(table, 62))
        .mark_image(width=45, height=45)
        .encode(**_places(), url="url:N", tooltip=alt.Tooltip("name:N", title="Filter"))
    )


def forecast_chart(picture: Picture) -> alt.LayerChart:
    """Truth, the network's forecast, and what "tomorrow equals today" would have said."""
    arrays, values = picture.arrays, picture.values
    unit, horizon_h = values["unit"], values["horizon_h"]
    table = {
        "Time": arrays["times"].astype("datetime64[s]"),
        "Truth": arrays["truth"],
        "Network": arrays["forecast"],
        f"As {horizon_h} h before": arrays["baseline"],
    }
    errors = f"{values['rmse']:.2f} {unit}, as {horizon_h} h before {values['baseline_rmse']:.2f} {unit}"
    chart = lines(table, "Time", "", f"Temperature ({unit})", y_format=".2f", height=300)
    chart.title = alt.Title(
        f"Forecast {horizon_h} h ahead, on two weeks that were held back",
        subtitle=f"Typical error (RMSE) in this stretch: network {errors}",
        subtitleColor="gray",
    )
    return chart


def forecast_error_chart(picture: Picture) -> alt.LayerChart:
    """How far each forecast was off, hour by hour: nearer to zero is better."""
    arrays, values = picture.arrays, picture.values
    table = {
        "Time": arrays["times"].astype("datetime64[s]"),
        "Network": arrays["forecast"] - arrays["truth"],
        f"As {values['horizon_h']} h before": arrays["baseline"] - arrays["truth"],
    }
    return lines(
        table, "Time", "Forecast minus truth", f"Error ({values['unit']})", y_format="+.2f", height=220
    )


def _grid(urls: list[str], in_a_row: int) -> pd.DataFrame:
    numbers = np.arange(len(urls))
    return pd.DataFrame({"url": urls, "column": numbers % in_a_row, "row": numbers // in_a_row})


def _places() -> dict[str, Any]:
    return {"x": alt.X("column:O", axis=None), "y": alt.Y("row:O", axis=None)}


def _height(table: pd.DataFrame, row_px: int) -> int:
    return int(table["row"].max() + 1) * row_px + 45  # the title takes its part of the height
