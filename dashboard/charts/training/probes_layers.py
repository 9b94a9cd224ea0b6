"""What happens inside each layer: pulls and updates over the run, dead units, histograms."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.theme import series_color, series_dash

# A rule of thumb: an update of about a thousandth of the weights; within a factor of three it is as usual.
USUAL_RATIO = (1e-3 / 3, 3e-3)
ROW_PX, CAPTION_SHARE = 46, 0.35  # of a layer's histogram, and what its name takes of that


def update_ratio_chart(picture: Picture) -> alt.LayerChart:
    """The update as a share of the weights, of each layer over the run, with the usual range marked."""
    band = pd.DataFrame([{"low": USUAL_RATIO[0], "high": USUAL_RATIO[1], "what": "Usual: about 0.001"}])
    default = (
        alt.Chart(band)
        .mark_rect(opacity=0.18, color="gray")
        .encode(y=alt.Y("low:Q"), y2="high", tooltip=alt.Tooltip("what:N", title="Gray band"))
    )
    subtitle = ["One step's change by the norm of the weights.", "The gray band is usual: about 0.001."]
    return _over_run(picture, "ratio", "Update / weights", "Update of each layer", subtitle, default)


def gradient_norm_chart(picture: Picture) -> alt.LayerChart:
    """Norm of the loss's gradient, of each layer over the run."""
    subtitle = ["Of the loss on one fixed batch. Where early layers", "lie far below late ones, it vanishes."]
    return _over_run(picture, "gradient", "Gradient norm", "Gradient of each layer", subtitle)


def update_norm_chart(picture: Picture) -> alt.LayerChart:
    """Norm of what one step changes, of each layer over the run."""
    subtitle = ["How far one step on one fixed batch moves the weights."]
    return _over_run(picture, "update", "Update norm", "Length of each layer's update", subtitle)


def _over_run(
    picture: Picture,
    quantity: str,
    y_title: str,
    title: str,
    subtitle: list[str],
    below: alt.Chart | None = None,
) -> alt.LayerChart:
    layers = picture.values["layers"]
    steps, values = picture.arrays[f"{quantity}_steps"], picture.arrays[quantity].astype(float)
    drawn = (steps >= 0) & (values > 0)  # a logarithm of zero cannot be drawn
    row, _ = np.nonzero(drawn)
    table = pd.DataFrame(
        {"step": steps[drawn], "value": values[drawn], "series": [layers[layer] for layer in row]}
    )
    base = alt.Chart(table).encode(
        x=alt.X("step:Q", title="Step", axis=alt.Axis(tickMinStep=1), scale=alt.Scale(nice=False)),
        y=alt.Y(
            "value:Q",
            title=y_title,
            scale=alt.Scale(type="log", zero=False),
            axis=alt.Axis(tickCount=5, format=".0e"),
        ),
        color=series_color(layers, layers),
    )
    tooltip = [
        alt.Tooltip("series:N", title="Layer"),
        alt.Tooltip("step:Q", title="Step", format=","),
        alt.Tooltip("value:Q", title=y_title, format=".2e"),
    ]
    lines = base.mark_line(aria=False).encode(strokeDash=series_dash(layers))
    dots = base.mark_circle(size=22, opacity=0.6, aria=False).encode(tooltip=tooltip)
    parts = [lines, dots] if below is None else [below, lines, dots]
    return alt.LayerChart(
        layer=parts, title=alt.Title(title, subtitle=subtitle, subtitleColor="gray"), height=320
    )


def dead_units_chart(picture: Picture) -> alt.Chart:
    """Share of dead units and of saturated activations in each layer, the first one on top."""
    layers, kinds = picture.values["layers"], ("Dead units", "Saturated activations")
    parts = [
        pd.DataFrame(
            {"layer": layers, "kind": kind, "share": picture.arrays[name], "units": picture.values["units"]}
        )
        for name, kind in zip(("dead", "saturated"), kinds, strict=True)
    ]
    lines = [
        f"On {picture.values['samples']} held-back samples. Dead: flat for all of",
        "them. Saturated: slope below 5% of the steepest.",
    ]
    return (
        alt.Chart(
            pd.concat(parts),
            title=alt.Title("Dead and saturated units", subtitle=lines, subtitleColor="gray"),
            height=40 * len(layers) + 250,
        )
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title="Share", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
            y=alt.Y("layer:N", title=None, sort=layers),
            yOffset=alt.YOffset("kind:N", sort=kinds),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=kinds),
                legend=alt.Legend(orient="top", title=None, columns=2),
            ),
            tooltip=[
                alt.Tooltip("layer:N", title="Layer"),
                alt.Tooltip("kind:N", title="Shown"),
                alt.Tooltip("share:Q", title="Share", format=".1%"),
                alt.Tooltip("units:Q", title="Units of the layer"),
            ],
        )
    )


def weight_histograms_chart(picture: Picture) -> alt.LayerChart:
    """A histogram of each layer's weights, the first layer on top, over one common axis."""
    return _ridges(picture, "Weights of each layer", "Weight", "Each as high as its fullest bin.")


def input_histograms_chart(picture: Picture) -> alt.LayerChart:
    """A histogram of what comes into each layer's activation, the first layer on top."""
    subtitle = f"What comes into each activation, from {picture.values['samples']} held-back samples."
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
            "top": row + 1 - (1 - CAPTION_SHARE) * heights,
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
