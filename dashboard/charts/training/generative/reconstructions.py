"""Images, and what comes back from the hidden units of a restricted Boltzmann machine."""

from __future__ import annotations

import altair as alt

from core.events import Picture
from dashboard.charts.training.generative.samples import IMAGE_PX, IN_A_ROW, ROW_PX
from dashboard.charts.training.tiles import height, pairs, positions


def reconstructions_chart(picture: Picture) -> alt.LayerChart:
    """Test images, and under each its reconstruction."""
    images, reconstructed = picture.arrays["images"], picture.arrays["reconstructed"]
    table = pairs(images, reconstructed, IN_A_ROW, ("Image", "Reconstruction"))
    chart = (
        alt.Chart(table)
        .mark_image(width=IMAGE_PX, height=IMAGE_PX)
        .encode(**positions(), url="url:N", tooltip=alt.Tooltip("name:N", title="Shown"))
    )
    subtitle = "Test images, each above its reconstruction"
    return alt.LayerChart(
        layer=[chart],
        title=alt.Title("Reconstructions", subtitle=subtitle, subtitleColor="gray"),
        height=height(table, ROW_PX, 80),
    )
