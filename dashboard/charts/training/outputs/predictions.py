"""What a network predicts of images."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import ORANGE
from dashboard.charts.training.tiles import height, positions, tiles

IN_A_ROW, IMAGE_PX, ROW_PX = 8, 36, 62
CAPTION = 9  # characters that fit below an image
_ORANGE = f"rgb{ORANGE}"


def predictions_chart(picture: Picture) -> alt.LayerChart:
    """Test images with the network's prediction under each; mistakes come first and name the true class."""
    arrays, classes = picture.arrays, picture.values["classes"]
    right = arrays["labels"] == arrays["predicted"]
    table = tiles(arrays["images"], IN_A_ROW)
    table["truth"] = [classes[label] for label in arrays["labels"]]
    table["predicted"] = [classes[label] for label in arrays["predicted"]]
    table["confidence"] = arrays["confidence"]
    table["caption"] = _captions(table["predicted"], table["truth"], right)
    table["right"] = right
    title = alt.Title("Predictions on test images", subtitle=counted(picture), subtitleColor="gray")
    tooltip = [
        alt.Tooltip("predicted:N", title="Prediction"),
        alt.Tooltip("truth:N", title="Truth"),
        alt.Tooltip("confidence:Q", title="Confidence", format=".1%"),
    ]
    base = alt.Chart(table).encode(**positions(), tooltip=tooltip)
    images = base.mark_image(width=IMAGE_PX, height=IMAGE_PX).encode(url="url:N")
    captions = base.mark_text(dy=27, fontSize=11).encode(
        text="caption:N",
        color=alt.when(alt.datum.right).then(alt.value("gray")).otherwise(alt.value(_ORANGE)),
    )
    return alt.LayerChart(layer=[images, captions], title=title, height=height(table, ROW_PX, 45))


def counted(picture: Picture) -> str:
    """How many mistakes there are, and how many are shown; runs of version 0.1 know the latter alone."""
    shown = int((picture.arrays["labels"] != picture.arrays["predicted"]).sum())
    if "wrong" not in picture.values:
        return f"Mistakes are shown first: {shown}."
    wrong, samples = picture.values["wrong"], picture.values["samples"]
    first = "all" if wrong == shown else shown
    return f"{wrong:,} of {samples:,} are wrong (orange); {first} shown first."


def _captions(predicted: pd.Series, truth: pd.Series, right: np.ndarray) -> pd.Series:
    """What was predicted; of a mistake with the true class, where the names are short enough."""
    captions = predicted.where(right, predicted + ", not " + truth)
    if captions.str.len().max() <= CAPTION:
        return captions
    return predicted.where(predicted.str.len() <= CAPTION, predicted.str[: CAPTION - 1] + "…")
