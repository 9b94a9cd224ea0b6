"""Which earlier steps each head of a transformer reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import BLUE, png_url
from dashboard.charts.training.generative.generated_text import visible

COLUMNS = 4  # panels beside each other: as many as a block has heads by default
PANEL_PX, CAPTION_PX, GAP_PX = 150, 20, 6
GAP = 0.06  # between two columns, as a fraction of a panel
AROUND_PX = 90  # the title, above all panels
PICTURE_PX = 256
NAMED = 3  # steps that are read most, in the read-out


def attention_chart(picture: Picture) -> alt.LayerChart:
    """A panel for each head: a row for each step, a column for each step that it reads.

    Where the pointer is, a row says what is read most.
    """
    panels, rows = [*_panels(picture)], pd.DataFrame(_read_out(picture))
    bottom = max(panel["bottom"] for panel in panels)
    columns = min(COLUMNS, picture.arrays["weights"].shape[1])
    x_scale = alt.Scale(domain=[0, columns * (1 + GAP) - GAP], nice=False)
    y_scale = alt.Scale(domain=[bottom, 0], nice=False)
    x, y = alt.X("left:Q", scale=x_scale, axis=None), alt.Y("bottom:Q", scale=y_scale, axis=None)
    panel = alt.Chart(pd.DataFrame(panels)).encode(x=x, y=y)
    images = panel.mark_image(aspect=False).encode(x2="right", y2="top", url="url:N")
    frames = panel.mark_rect(filled=False, stroke="gray", strokeWidth=0.5).encode(x2="right", y2="top")
    captions = panel.mark_text(align="left", baseline="bottom", dy=-3, color="gray", fontSize=12).encode(
        y=alt.Y("top:Q", scale=y_scale, axis=None), text="name:N"
    )
    pointer = alt.selection_point(on="pointerover", fields=["name", "step"], empty=False, name="row")
    read_out = (
        alt.Chart(rows)
        .mark_rect(color="#E69F00", aria=False)
        .encode(
            x=x,
            y=y,
            x2="right",
            y2="top",
            opacity=alt.when(pointer).then(alt.value(0.45)).otherwise(alt.value(0)),
            tooltip=[
                alt.Tooltip("name:N", title="Head"),
                alt.Tooltip("step:Q", title="Step"),
                alt.Tooltip("symbol:N", title="Symbol"),
                alt.Tooltip("reads:N", title="Reads most"),
            ],
        )
        .add_params(pointer)
    )
    steps = len(picture.values["steps"])
    shown = f"The first {steps} steps of a test sample: a row for each, blue where it reads."
    to_see = "A diagonal reads so many steps back; a column, always that step."
    return alt.LayerChart(
        layer=[images, frames, captions, read_out],
        title=alt.Title("Attention", subtitle=[shown, to_see], subtitleColor="gray"),
        height=int(bottom) + AROUND_PX,
    )


def _panels(picture: Picture) -> Iterator[dict[str, Any]]:
    """Each head with its picture and its place: fractions of a panel from the left, pixels from the top."""
    weights = picture.arrays["weights"]
    layers, heads, steps, _ = weights.shape
    per_layer = -(-heads // COLUMNS)
    for layer in range(layers):
        for head in range(heads):
            row, column = layer * per_layer + head // COLUMNS, head % COLUMNS
            top = CAPTION_PX + row * (PANEL_PX + CAPTION_PX + GAP_PX)
            left = column * (1 + GAP)
            yield {
                "name": f"Block {layer + 1}, head {head + 1}",
                "url": png_url(_pixels(weights[layer, head]), max(1, PICTURE_PX // steps)),
                **{"left": left, "right": left + 1, "top": top, "bottom": top + PANEL_PX},
            }


def _pixels(weights: np.ndarray) -> np.ndarray:
    """RGBA pixels of weights in [0, 1], the opacity by the square root: many small ones are seen as well."""
    pixels = np.empty((*weights.shape, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = BLUE, 255 * np.sqrt(weights.clip(0, 1))
    return pixels


def _read_out(picture: Picture) -> Iterator[dict[str, Any]]:
    """A row of each panel: the step, its symbol, and the steps that it reads most."""
    weights, symbols = picture.arrays["weights"], [visible(step) for step in picture.values["steps"]]
    by_head = weights.reshape(-1, *weights.shape[2:])
    height = PANEL_PX / len(symbols)
    for panel, matrix in zip(_panels(picture), by_head, strict=True):
        for step, row in enumerate(matrix):
            top = panel["top"] + step * height
            largest = np.argsort(-row, kind="stable")[:NAMED]
            reads = [f"{symbols[n]} at step {n + 1} ({row[n]:.0%})" for n in largest if row[n] >= 0.005]
            yield {
                "name": panel["name"],
                "step": step + 1,
                "symbol": symbols[step],
                "reads": ", ".join(reads),
                **{"left": panel["left"], "right": panel["right"], "top": top, "bottom": top + height},
            }
