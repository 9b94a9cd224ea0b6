"""What happens to a signal and to a gradient from layer to layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from dashboard.charts.pixels import BLUE, png_url
from dashboard.charts.theme import powers_of_ten, series_color

MEASURED, THEORY = "measured", "theory"
# Beyond these a logarithmic axis would show nothing but that something is very small or very large.
MIN_VALUE, MAX_VALUE = 1e-40, 1e40


def by_layer(
    measured: Mapping[str, np.ndarray],
    theory: Mapping[str, np.ndarray],
    every: Sequence[str],
    title: str,
    y_title: str,
    logarithmic: bool = True,
    height: int = 300,
) -> alt.LayerChart:
    """One line for each function over the layers, and its prediction dashed beside it.

    measured, theory: function -> (layers,); nan is left out, and on a logarithmic axis 0 is as well.
    """
    rows = pd.concat(
        [_rows(name, values, kind) for kind, lines in ((MEASURED, measured), (THEORY, theory))
         for name, values in lines.items()]
    )  # fmt: skip
    if logarithmic:
        rows = rows[(rows["value"] >= MIN_VALUE) & (rows["value"] <= MAX_VALUE)]
    scale = alt.Scale(type="log", nice=False) if logarithmic else alt.Scale(zero=False)
    axis = powers_of_ten(6) if logarithmic else alt.Axis()
    shown = [name for name in every if name in measured]
    lines = (
        alt.Chart(rows)
        .mark_line(strokeWidth=2.2, aria=False)
        .encode(
            x=alt.X("layer:Q", title="Layer", axis=alt.Axis(tickMinStep=1, format="d"), scale=_LAYERS),
            y=alt.Y("value:Q", title=y_title, scale=scale, axis=axis),
            color=series_color(every, shown, "function"),
            strokeDash=alt.StrokeDash(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=[MEASURED, THEORY], range=[[1, 0], [5, 4]]),
                legend=None,  # it would not fit a phone; the caption says what a dashed line is
            ),
        )
    )
    return alt.LayerChart(
        layer=[lines, _pointer(rows, shown, y_title)],
        title=alt.Title(title, offset=6),
        description=f"{y_title} over the layers for {', '.join(shown)}, {MEASURED} and by {THEORY}.",
        height=height,
    )


def histograms(
    histogram: np.ndarray,
    edges: np.ndarray,
    readings: Mapping[str, np.ndarray],
    title: str,
    height: int = 260,
) -> alt.LayerChart:
    """Outputs of each layer as a column of a picture: the darker, the more of them have that value.

    histogram: (layers, bins), shares; edges: (bins + 1,). readings: what the pointer reads of each layer.
    """
    layers = len(histogram)
    shares = np.nan_to_num(histogram)
    strength = np.sqrt(shares / max(shares.max(), 1e-9))
    pixels = np.empty((histogram.shape[1], layers, 4), np.uint8)
    pixels[..., :3] = BLUE
    pixels[..., 3] = (255 * strength.T[::-1]).astype(np.uint8)
    box = {"left": 0.5, "right": layers + 0.5, "low": edges[0], "high": edges[-1]}
    picture = (
        alt.Chart(pd.DataFrame([box | {"url": png_url(pixels, enlarge=4)}]))
        .mark_image(aspect=False)
        .encode(
            x=alt.X("left:Q", title="Layer", axis=alt.Axis(tickMinStep=1, format="d"), scale=_LAYERS),
            x2="right",
            y=alt.Y("low:Q", title="Output", scale=alt.Scale(nice=False, zero=False)),
            y2="high",
            url="url:N",
        )
    )
    rows = pd.DataFrame({"layer": np.arange(1, layers + 1), **readings})
    rows["left"], rows["right"] = rows["layer"] - 0.5, rows["layer"] + 0.5
    tooltip = [alt.Tooltip("layer:Q", title="Layer")]
    tooltip += [alt.Tooltip(name, type="quantitative", format=".3~g") for name in readings]
    read = alt.Chart(rows).mark_rect(opacity=0, aria=False)
    read = read.encode(
        x=alt.X("left:Q", scale=_LAYERS), x2="right", y=alt.value(0), y2=alt.value(height), tooltip=tooltip
    )
    return alt.LayerChart(
        layer=[picture, read],
        title=alt.Title(title, offset=6),
        description=f"Histogram of the outputs of each layer: {title}.",
        height=height,
    )


_LAYERS = alt.Scale(nice=False, zero=False)


def _rows(name: str, values: np.ndarray, kind: str) -> pd.DataFrame:
    rows = pd.DataFrame(
        {"layer": np.arange(1, len(values) + 1), "value": values, "function": name, "kind": kind}
    )
    return rows[np.isfinite(rows["value"])]


def _pointer(rows: pd.DataFrame, shown: Sequence[str], y_title: str) -> alt.Chart:
    """A rule at the layer nearest to the pointer, whose tooltip reads every line there."""
    names = {f"{name}, {kind}": (name, kind) for name in shown for kind in (MEASURED, THEORY)}
    wide = pd.DataFrame({"layer": sorted(rows["layer"].unique())})
    tooltip = [alt.Tooltip("layer:Q", title="Layer")]
    for number, (label, (name, kind)) in enumerate(names.items()):
        some = rows[(rows["function"] == name) & (rows["kind"] == kind)]
        if len(some):
            wide[f"line{number}"] = wide["layer"].map(some.set_index("layer")["value"])
            tooltip.append(alt.Tooltip(f"line{number}:Q", title=label, format=".3~g"))
    pointer = alt.selection_point(
        nearest=True, on="pointerover", fields=["layer"], empty=False, name="pointer"
    )
    visible = alt.when(pointer).then(alt.value(0.6)).otherwise(alt.value(0))
    rule = alt.Chart(wide).mark_rule(color="gray", aria=False)
    return rule.encode(x=alt.X("layer:Q", scale=_LAYERS), opacity=visible, tooltip=tooltip).add_params(
        pointer
    )
