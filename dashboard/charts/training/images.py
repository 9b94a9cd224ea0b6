"""What a network makes of images."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import ORANGE, diverging, png_url

IMAGES_IN_A_ROW, FILTERS_IN_A_ROW = 8, 8
_ORANGE = f"rgb{ORANGE}"


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


def _grid(urls: list[str], in_a_row: int) -> pd.DataFrame:
    numbers = np.arange(len(urls))
    return pd.DataFrame({"url": urls, "column": numbers % in_a_row, "row": numbers // in_a_row})


def _places() -> dict[str, Any]:
    return {"x": alt.X("column:O", axis=None), "y": alt.Y("row:O", axis=None)}


def _height(table: pd.DataFrame, row_px: int) -> int:
    return int(table["row"].max() + 1) * row_px + 45  # the title takes its part of the height
