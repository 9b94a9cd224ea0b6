"""Gates and states of a recurrent network over the steps of one sample."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import diverging, png_url
from dashboard.charts.theme import powers_of_ten
from dashboard.charts.training.generative.generated_text import visible

# What is shown above what: first what comes in and out, then the gates in between.
ORDER = "chifgorzn"
PANEL_PX, INPUT_PX, CAPTION_PX = 64, 26, 20
AROUND_PX = 105  # title above, axis below
PICTURE_PX = 400  # so wide that cells stay sharp when the page stretches them


def states_chart(picture: Picture) -> alt.LayerChart:
    """Heat maps over time, one under the other: the input, and each state and gate, a row for each unit.

    Blue is above zero, orange below; the strongest colour is 1 for what lies between -1 and 1, and the
    largest value of a memory cell or an input, which have no bounds.
    """
    arrays, values = picture.arrays, picture.values
    names = [name for name in ORDER if name in values["names"]]
    steps = arrays["h"].shape[1]
    panels = [("Input", arrays["inputs"], INPUT_PX)] if "inputs" in arrays else []
    panels += [(values["names"][name], arrays[name], PANEL_PX) for name in names]
    table = pd.DataFrame(_stacked(panels, steps))
    total_px = float(table["bottom"].max())
    y_scale = alt.Scale(domain=[total_px, 0], nice=False)
    x_scale = alt.Scale(domain=[0.5, steps + 0.5], nice=False)
    x = alt.X("left:Q", title="Step", scale=x_scale, axis=alt.Axis(tickMinStep=1, grid=False))
    panel = alt.Chart(table).encode(x=x, y=alt.Y("bottom:Q", scale=y_scale, axis=None))
    captions = (
        alt.Chart(table)
        .mark_text(align="left", baseline="bottom", dy=-2, color="gray", fontSize=12)
        .encode(x=x, y=alt.Y("top:Q", scale=y_scale, axis=None), text="name:N")
    )
    images = panel.mark_image(aspect=False).encode(x2="right", y2="top", url="url:N")
    frames = panel.mark_rect(filled=False, stroke="gray", strokeWidth=0.5).encode(x2="right", y2="top")
    subtitle = "A row for each unit of the last layer; blue: above zero."
    return alt.LayerChart(
        layer=[images, frames, captions, _read_out(picture, names)],
        title=alt.Title("Gates and states over time", subtitle=subtitle, subtitleColor="gray"),
        height=int(total_px) + AROUND_PX,
    )


def memory_chart(picture: Picture) -> alt.LayerChart:
    """How much each step's hidden state still moves the output, on a logarithmic axis."""
    memory = picture.arrays["memory"].astype(float)
    table = pd.DataFrame(
        {"step": np.arange(1, len(memory) + 1), "gradient": np.where(memory > 0, memory, np.nan)}
    )
    base = alt.Chart(table).encode(
        x=alt.X("step:Q", title="Step", axis=alt.Axis(tickMinStep=1), scale=alt.Scale(nice=False)),
        y=alt.Y(
            "gradient:Q",
            title="Gradient norm",
            scale=alt.Scale(type="log"),
            axis=powers_of_ten(4),
        ),
        tooltip=[
            alt.Tooltip("step:Q", title="Step"),
            alt.Tooltip("gradient:Q", title="Gradient norm", format=".2e"),
        ],
    )
    subtitle = "What a small change of each step's state does to the output."
    title = alt.Title("Gradient through time", subtitle=subtitle, subtitleColor="gray")
    # The dots carry the read-out; a line alone would be hard to hit.
    layers = [base.mark_line(aria=False), base.mark_circle(size=40, opacity=0.5)]
    return alt.LayerChart(layer=layers, title=title, height=240)


def _stacked(panels: list[tuple[str, np.ndarray, int]], steps: int) -> list[dict[str, Any]]:
    """A row for each panel with its place in pixels from the top, and room for its name above it."""
    rows, bottom = [], 0
    for name, array, height in panels:
        top = bottom + CAPTION_PX
        bottom = top + height
        largest = max(1.0, float(np.abs(array).max()))
        url = png_url(diverging(array / largest), max(1, PICTURE_PX // steps))
        rows.append(
            {"name": name, "url": url, "left": 0.5, "right": steps + 0.5, "top": top, "bottom": bottom}
        )
    return rows


def _read_out(picture: Picture, names: list[str]) -> alt.Chart:
    """A line where the pointer is: what was read at that step, and the mean of each state over its units."""
    arrays, values = picture.arrays, picture.values
    columns = {"step": np.arange(1, arrays["h"].shape[1] + 1)}
    tooltip = [alt.Tooltip("step:Q", title="Step")]
    for feature, row in zip(values["features"], arrays.get("inputs", ()), strict=False):
        columns[feature] = row
        tooltip.append(alt.Tooltip(feature, type="quantitative", format=".2f"))
    if values["steps"]:
        columns["read"] = np.array([visible(symbol) for symbol in values["steps"]])
        tooltip.append(alt.Tooltip("read:N", title="Read"))
    for name in names:
        meaning = values["names"][name]
        columns[meaning] = arrays[name].mean(axis=0)
        title = f"{meaning}, mean"
        tooltip.append(alt.Tooltip(meaning, type="quantitative", title=title, format=".2f"))
    pointer = alt.selection_point(nearest=True, on="pointerover", fields=["step"], empty=False, name="step")
    shown = alt.when(pointer).then(alt.value(0.6)).otherwise(alt.value(0))
    rule = alt.Chart(pd.DataFrame(columns)).mark_rule(color="gray", aria=False)
    return rule.encode(x="step:Q", opacity=shown, tooltip=tooltip).add_params(pointer)
