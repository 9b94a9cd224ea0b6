"""Which pixels of an image a prediction depends on."""

from __future__ import annotations

import altair as alt
import numpy as np

from core.events import Picture
from dashboard.charts.training.tiles import columns, height, positions

IN_A_ROW, IMAGE_PX = 6, 44


def saliency_chart(picture: Picture) -> alt.LayerChart:
    """Test images, under each how its pixels move the prediction's score, and the same with random weights.

    Films of older versions have no random weights, and are drawn without.
    """
    arrays, classes = picture.arrays, picture.values["classes"]
    # Each by its own largest: a sure prediction hardly moves, and would look empty beside an unsure one.
    stacked = {"Image": arrays["images"], "Saliency": _maps(arrays["gradients"])}
    if "randomised" in arrays:
        stacked["With random weights"] = _maps(arrays["randomised"])
    table = columns(stacked, IN_A_ROW)
    table["predicted"] = len(stacked) * [classes[label] for label in arrays["predicted"]]
    table["truth"] = len(stacked) * [classes[label] for label in arrays["labels"]]
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
    if "randomised" in arrays:
        lines += _sanity_check(picture.values.get("rank_correlation"))
    return alt.LayerChart(
        layer=[images],
        title=alt.Title("Saliency", subtitle=lines, subtitleColor="gray"),
        height=height(table, IMAGE_PX + 6, 60 + 15 * len(lines)),
    )


def _maps(gradients: np.ndarray) -> np.ndarray:
    return np.stack([brightness(np.abs(each)) for each in gradients])


def _sanity_check(correlation: float | None) -> list[str]:
    """What the map with random weights says about the other one."""
    if correlation is None:
        return ["Below it the same with random weights."]
    return [
        "Below it the same with random weights; rank correlation",
        f"{correlation:.2f}: near 1 a map shows the image, not the learning.",
    ]


def brightness(values: np.ndarray, low: float = 0.0, high: float | None = None) -> np.ndarray:
    """Grey pixels: black at low, white at high, by itself the largest value."""
    span = (float(values.max()) if high is None else high) - low
    return np.rint(255 * np.clip((values - low) / (span or 1.0), 0, 1)).astype(np.uint8)
