"""Which pixels of an image a prediction depends on."""

from __future__ import annotations

import altair as alt
import numpy as np

from core.events import Picture
from dashboard.charts.training.tiles import height, pairs, positions

IN_A_ROW, IMAGE_PX = 6, 44


def saliency_chart(picture: Picture) -> alt.LayerChart:
    """Test images, and under each how its pixels move the score of the class that the network predicts."""
    arrays, classes = picture.arrays, picture.values["classes"]
    # Each by its own largest: a sure prediction hardly moves, and would look empty beside an unsure one.
    maps = np.stack([brightness(np.abs(gradients)) for gradients in arrays["gradients"]])
    table = pairs(arrays["images"], maps, IN_A_ROW, ("Image", "Saliency"))
    table["predicted"] = 2 * [classes[label] for label in arrays["predicted"]]
    table["truth"] = 2 * [classes[label] for label in arrays["labels"]]
    images = (
        alt.Chart(table)
        .mark_image(width=IMAGE_PX, height=IMAGE_PX)
        .encode(
            **positions(),
            url="url:N",
            tooltip=[
                alt.Tooltip("name:N", title="Shown"),
                alt.Tooltip("predicted:N", title="Prediction"),
                alt.Tooltip("truth:N", title="Truth"),
            ],
        )
    )
    lines = [
        "Below each image: the brighter a pixel, the more it",
        "moves the score of the prediction.",
    ]
    return alt.LayerChart(
        layer=[images],
        title=alt.Title("Saliency", subtitle=lines, subtitleColor="gray"),
        height=height(table, IMAGE_PX + 6, 90),
    )


def brightness(values: np.ndarray, low: float = 0.0, high: float | None = None) -> np.ndarray:
    """Grey pixels: black at low, white at high, by itself the largest value."""
    span = (float(values.max()) if high is None else high) - low
    return np.rint(255 * np.clip((values - low) / (span or 1.0), 0, 1)).astype(np.uint8)
