"""What the channels of a convolutional network make of an image."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import png_url
from dashboard.charts.training.layers.saliency import brightness

MAP_PX, CAPTION_PX = 36, 24


def feature_maps_chart(picture: Picture) -> alt.LayerChart:
    """What leaves the activation after each convolution, a row of channels for each layer."""
    arrays, values = picture.arrays, picture.values
    rows = [
        (name, arrays[str(n)], f"{name}: {_first(arrays[str(n)].shape[0], channels)}")
        for n, (name, channels) in enumerate(zip(values["layers"], values["channels"], strict=True))
    ]
    images, captions = [], []
    image = arrays["image"]
    bottom = CAPTION_PX + MAP_PX
    captions.append({"caption": f"Test image: {values['label']}", "bottom": 0})
    images.append(
        {"url": png_url(image, _enlarge(image)), "column": 0, "bottom": bottom, "name": "The image"}
    )
    for name, maps, caption in rows:
        captions.append({"caption": caption, "bottom": bottom})
        bottom += CAPTION_PX + MAP_PX
        low, high = float(maps.min()), float(maps.max())
        for channel, values_there in enumerate(maps):
            pixels = brightness(values_there, low, high)
            images.append(
                {
                    "url": png_url(pixels, _enlarge(pixels)),
                    "column": channel,
                    "bottom": bottom,
                    "name": f"{name}, channel {channel + 1}",
                }
            )
    y_scale = alt.Scale(domain=[0, bottom], nice=False, reverse=True)
    table = pd.DataFrame(images)
    table["middle"] = table["bottom"] - MAP_PX / 2
    pictures = (
        alt.Chart(table)
        .mark_image(width=MAP_PX, height=MAP_PX)
        .encode(
            x=alt.X("column:O", axis=None, scale=alt.Scale(domain=list(range(8)))),
            y=alt.Y("middle:Q", axis=None, scale=y_scale),
            url="url:N",
            tooltip=alt.Tooltip("name:N", title="Shown"),
        )
    )
    words = (
        alt.Chart(pd.DataFrame(captions))
        .mark_text(align="left", baseline="top", dy=6, color="gray", fontSize=12)
        .encode(x=alt.value(4), y=alt.Y("bottom:Q", axis=None, scale=y_scale), text="caption:N")
    )
    subtitle = "Each layer from its smallest value (black) to its largest."
    return alt.LayerChart(
        layer=[pictures, words],
        title=alt.Title("Feature maps", subtitle=subtitle, subtitleColor="gray"),
        height=bottom + 110,
    )


def _first(shown: int, channels: int) -> str:
    return f"{channels} channels" if shown == channels else f"{shown} of {channels} channels"


def _enlarge(pixels: np.ndarray) -> int:
    return max(1, 88 // pixels.shape[1])  # twice the size shown, for sharp screens
