"""What a generating network makes: points over their target, images, reconstructions."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import diverging, png_url

IN_A_ROW = 6


def generated_chart(picture: Picture, target: Picture | None) -> alt.LayerChart:
    """Made points over real ones, on a map of how real the discriminator holds each place."""
    values = picture.values
    x = alt.Scale(domain=[values["x_min"], values["x_max"]], nice=False)
    y = alt.Scale(domain=[values["y_min"], values["y_max"]], nice=False)
    bounds = {name: values[name] for name in ("x_min", "x_max", "y_min", "y_max")}
    area = pd.DataFrame([bounds | {"url": png_url(diverging(picture.arrays["realness"]))}])
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
    parts = [] if target is None else [_points(target.arrays["real"], "Real")]
    table = pd.concat([*parts, _points(picture.arrays["points"], "Made")])
    legend = alt.Legend(orient="top", title=None, symbolOpacity=1, symbolSize=90)
    points = (
        alt.Chart(table)
        .mark_circle(size=14, opacity=0.75)
        .encode(
            x="x:Q",
            y="y:Q",
            color=alt.Color("part:N", scale=alt.Scale(domain=["Real", "Made"]), legend=legend),
            tooltip=[
                alt.Tooltip("part:N", title="Point"),
                alt.Tooltip("x:Q", format=".2f"),
                alt.Tooltip("y:Q", format=".2f"),
            ],
        )
    )
    lines = [
        f"{values['modes']} of {values['of']} modes covered.",
        "The discriminator calls blue places real and orange ones made.",
    ]
    return alt.LayerChart(
        layer=[surface, points],
        title=alt.Title("Generated points", subtitle=lines, subtitleColor="gray"),
        height=400,
    )


def samples_chart(picture: Picture) -> alt.Chart:
    """Images that the generator made of noise."""
    return _images(picture.arrays["images"], "Generated images", "Always of the same noise")


def fantasies_chart(picture: Picture) -> alt.Chart:
    """Images that an RBM made by sampling."""
    return _images(picture.arrays["images"], "Fantasies", "200 steps of Gibbs sampling from noise")


def reconstructions_chart(picture: Picture) -> alt.LayerChart:
    """Held-back images, and under each what comes back from the hidden units."""
    images, again = picture.arrays["images"], picture.arrays["reconstructed"]
    numbers = np.arange(len(images))
    parts = []
    for part, pixels in (("Image", images), ("Reconstruction", again)):
        down = 2 * (numbers // IN_A_ROW) + (part == "Reconstruction")
        urls = [png_url(image, _enlarge(image)) for image in pixels]
        parts.append(pd.DataFrame({"url": urls, "column": numbers % IN_A_ROW, "row": down, "part": part}))
    table = pd.concat(parts)
    chart = (
        alt.Chart(table)
        .mark_image(width=44, height=44)
        .encode(
            x=alt.X("column:O", axis=None),
            y=alt.Y("row:O", axis=None),
            url="url:N",
            tooltip=alt.Tooltip("part:N", title="Shown"),
        )
    )
    return alt.LayerChart(
        layer=[chart],
        title=alt.Title(
            "Reconstructions",
            subtitle="Held-back images, each above its reconstruction",
            subtitleColor="gray",
        ),
        height=int(table["row"].max() + 1) * 50 + 80,
    )


def _images(images: np.ndarray, title: str, subtitle: str) -> alt.Chart:
    numbers = np.arange(len(images))
    table = pd.DataFrame(
        {
            "url": [png_url(image, _enlarge(image)) for image in images],
            "column": numbers % IN_A_ROW,
            "row": numbers // IN_A_ROW,
            "name": [f"{n + 1} of {len(images)}" for n in numbers],
        }
    )
    return (
        alt.Chart(
            table,
            title=alt.Title(title, subtitle=subtitle, subtitleColor="gray"),
            height=int(table["row"].max() + 1) * 50 + 80,
        )
        .mark_image(width=44, height=44)
        .encode(
            x=alt.X("column:O", axis=None),
            y=alt.Y("row:O", axis=None),
            url="url:N",
            tooltip=alt.Tooltip("name:N", title="Image"),
        )
    )


def _enlarge(image: np.ndarray) -> int:
    return max(1, 88 // image.shape[-1])  # twice the size shown, for sharp screens


def _points(points: np.ndarray, part: str) -> pd.DataFrame:
    return pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "part": part})
