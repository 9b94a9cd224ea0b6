"""How weights and pre-activations are spread."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture

ROW_PX, CAPTION_FRACTION = 46, 0.35  # of a layer's histogram, and what its name takes of that


def weight_histograms_chart(picture: Picture) -> alt.LayerChart:
    """A histogram of each layer's weights, the first layer on top, over one common axis."""
    return _ridges(picture, "Weights of each layer", "Weight", "Each as high as its fullest bin.")


def input_histograms_chart(picture: Picture) -> alt.LayerChart:
    """A histogram of each layer's pre-activations, the first layer on top."""
    subtitle = f"What comes into each activation, from {picture.values['samples']} test samples."
    return _ridges(picture, "Pre-activations of each layer", "Pre-activation", subtitle)


def _ridges(picture: Picture, title: str, x_title: str, subtitle: str) -> alt.LayerChart:
    layers, counts = picture.values["layers"], picture.arrays["counts"]
    edges = picture.arrays["edges"].astype(float)
    row = np.repeat(np.arange(len(layers)), counts.shape[1])
    heights = (counts / np.maximum(counts.max(axis=1, keepdims=True), 1)).ravel()
    bins = pd.DataFrame(
        {
            "layer": [layers[layer] for layer in row],
            "left": edges[:, :-1].ravel(),
            "right": edges[:, 1:].ravel(),
            "base": row + 1.0,
            "top": row + 1 - (1 - CAPTION_FRACTION) * heights,
            "count": counts.ravel(),
        }
    )
    x = alt.X("left:Q", title=x_title, scale=alt.Scale(zero=False, nice=True))
    y_scale = alt.Scale(domain=[len(layers), 0], nice=False)
    bars = (
        alt.Chart(bins[bins["count"] > 0])
        .mark_rect(opacity=0.8, aria=False)
        .encode(
            x=x,
            x2="right",
            y=alt.Y("top:Q", axis=None, scale=y_scale),
            y2="base",
            tooltip=[
                alt.Tooltip("layer:N", title="Layer"),
                alt.Tooltip("left:Q", title="From", format=".3f"),
                alt.Tooltip("right:Q", title="To", format=".3f"),
                alt.Tooltip("count:Q", title="Values", format=","),
            ],
        )
    )
    names = pd.DataFrame({"layer": layers, "top": np.arange(len(layers)) + 0.0})
    captions = (
        alt.Chart(names)
        .mark_text(align="left", baseline="top", dy=3, dx=3, color="gray", fontSize=12)
        .encode(x=alt.value(0), y=alt.Y("top:Q", axis=None, scale=y_scale), text="layer:N")
    )
    grounds = (
        alt.Chart(names.assign(top=names["top"] + 1))
        .mark_rule(color="gray", opacity=0.4)
        .encode(y=alt.Y("top:Q", axis=None, scale=y_scale))
    )
    return alt.LayerChart(
        layer=[grounds, bars, captions],
        title=alt.Title(title, subtitle=subtitle, subtitleColor="gray"),
        height=ROW_PX * len(layers) + 110,
    )
