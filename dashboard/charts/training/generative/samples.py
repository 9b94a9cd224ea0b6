"""Images that a generator makes."""

from __future__ import annotations

import altair as alt
import numpy as np

from core.events import Picture
from dashboard.charts.training.tiles import height, positions, sharp, tiles

IN_A_ROW, IMAGE_PX, ROW_PX = 6, 44, 50


def samples_chart(picture: Picture) -> alt.Chart:
    """Images that the generator made of noise."""
    return images_chart(picture.arrays["images"], "Generated images", "Always of the same noise")


def images_chart(images: np.ndarray, title: str, subtitle: str) -> alt.Chart:
    """Images uint8 (n, height, width) side by side."""
    table = tiles(images, IN_A_ROW, sharp(images))
    table["name"] = [f"{n + 1} of {len(images)}" for n in range(len(images))]
    return (
        alt.Chart(
            table,
            title=alt.Title(title, subtitle=subtitle, subtitleColor="gray"),
            height=height(table, ROW_PX, 80),
        )
        .mark_image(width=IMAGE_PX, height=IMAGE_PX)
        .encode(**positions(), url="url:N", tooltip=alt.Tooltip("name:N", title="Image"))
    )
