"""What a network looks for in images."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import png_url

IN_A_ROW, SIZE_PX = 6, 44
MAP_PX, CAPTION_PX = 36, 24


def saliency_chart(picture: Picture) -> alt.LayerChart:
    """Held-back images, and under each how its pixels move the score of the class that the network sees."""
    arrays, classes = picture.arrays, picture.values["classes"]
    numbers = np.arange(len(arrays["images"]))
    # Each by its own largest: a sure answer hardly moves, and would look empty beside an unsure one.
    maps = np.stack([_brightness(np.abs(gradients)) for gradients in arrays["gradients"]])
    parts = []
    for below, (shown, pixels) in enumerate((("Image", arrays["images"]), ("Saliency", maps))):
        parts.append(
            pd.DataFrame(
                {
                    "url": [png_url(image, _enlarge(image)) for image in pixels],
                    "column": numbers % IN_A_ROW,
                    "row": 2 * (numbers // IN_A_ROW) + below,
                    "shown": shown,
                    "answer": [classes[answer] for answer in arrays["predicted"]],
                    "truth": [classes[label] for label in arrays["labels"]],
                }
            )
        )
    table = pd.concat(parts)
    images = (
        alt.Chart(table)
        .mark_image(width=SIZE_PX, height=SIZE_PX)
        .encode(
            x=alt.X("column:O", axis=None),
            y=alt.Y("row:O", axis=None),
            url="url:N",
            tooltip=[
                alt.Tooltip("shown:N", title="Shown"),
                alt.Tooltip("answer:N", title="Answer"),
                alt.Tooltip("truth:N", title="Truth"),
            ],
        )
    )
    lines = [
        "Below each image: the brighter a pixel, the more it",
        "moves the score of the answer.",
    ]
    return alt.LayerChart(
        layer=[images],
        title=alt.Title("Saliency", subtitle=lines, subtitleColor="gray"),
        height=int(table["row"].max() + 1) * (SIZE_PX + 6) + 90,
    )


def feature_maps_chart(picture: Picture) -> alt.LayerChart:
    """What leaves the activation behind each convolution, a row of channels for each layer."""
    arrays, values = picture.arrays, picture.values
    rows = [
        (name, arrays[str(n)], f"{name}: {_first(arrays[str(n)].shape[0], channels)}")
        for n, (name, channels) in enumerate(zip(values["layers"], values["channels"], strict=True))
    ]
    places, captions = [], []
    image = arrays["image"]
    bottom = CAPTION_PX + MAP_PX
    captions.append({"caption": f"Held-back image: {values['label']}", "place": 0})
    places.append({"url": png_url(image, _enlarge(image)), "column": 0, "place": bottom, "name": "The image"})
    for name, maps, caption in rows:
        captions.append({"caption": caption, "place": bottom})
        bottom += CAPTION_PX + MAP_PX
        low, high = float(maps.min()), float(maps.max())
        for channel, values_there in enumerate(maps):
            pixels = _brightness(values_there, low, high)
            places.append(
                {
                    "url": png_url(pixels, _enlarge(pixels)),
                    "column": channel,
                    "place": bottom,
                    "name": f"{name}, channel {channel + 1}",
                }
            )
    y_scale = alt.Scale(domain=[0, bottom], nice=False, reverse=True)
    table = pd.DataFrame(places)
    table["middle"] = table["place"] - MAP_PX / 2
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
        .encode(x=alt.value(4), y=alt.Y("place:Q", axis=None, scale=y_scale), text="caption:N")
    )
    subtitle = "Each layer from its smallest value (black) to its largest."
    return alt.LayerChart(
        layer=[pictures, words],
        title=alt.Title("Feature maps", subtitle=subtitle, subtitleColor="gray"),
        height=bottom + 110,
    )


def _brightness(values: np.ndarray, low: float = 0.0, high: float | None = None) -> np.ndarray:
    """Grey pixels: black at low, white at high, by itself the largest value."""
    span = (float(values.max()) if high is None else high) - low
    return np.rint(255 * np.clip((values - low) / (span or 1.0), 0, 1)).astype(np.uint8)


def _first(shown: int, channels: int) -> str:
    return f"{channels} channels" if shown == channels else f"{shown} of {channels} channels"


def _enlarge(pixels: np.ndarray) -> int:
    return max(1, 88 // pixels.shape[1])  # twice the size shown, for sharp screens
