"""Weights of the first layer as small images."""

from __future__ import annotations

import altair as alt
import numpy as np

from core.events import Picture
from dashboard.charts.pixels import diverging
from dashboard.charts.training.tiles import height, positions, sharp, tiles

IN_A_ROW, IMAGE_PX, ROW_PX = 8, 45, 62


def filters_chart(picture: Picture) -> alt.Chart:
    """First-layer weights as small images: blue is positive, orange negative, empty is zero."""
    weights = picture.arrays["weights"]
    largest = float(np.abs(weights).max()) or 1.0
    table = tiles(diverging(weights / largest), IN_A_ROW, sharp(weights, IMAGE_PX))
    table["name"] = [f"{n + 1} of {len(weights)}" for n in range(len(weights))]
    return (
        alt.Chart(table, title="First-layer filters", height=height(table, ROW_PX, 45))
        .mark_image(width=IMAGE_PX, height=IMAGE_PX)
        .encode(**positions(), url="url:N", tooltip=alt.Tooltip("name:N", title="Filter"))
    )
