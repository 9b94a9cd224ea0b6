"""A recurrent network unrolled over one sequence: states, predictions, and the gradient that flows back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import diverging, png_url
from dashboard.charts.training.generative.generated_text import visible

DECADES = 4  # of the gradient, below which a mark is as small as it gets
ROW_PX, STATES_PX, AROUND_PX = 24, 96, 120
PICTURE_PX = 400  # so wide that cells stay sharp when the page stretches them


def of_view(picture: Picture, view: int = 0) -> Picture:
    """One sequence, read in one direction, out of those of a picture."""
    arrays = {name: array[view] for name, array in picture.arrays.items()}
    return Picture(picture.name, picture.step, arrays, {**picture.values, **picture.values["views"][view]})


def of_network(values: Mapping[str, Any]) -> str:
    """What of the network is shown, as the end of a sentence's part: layer and units."""
    layer = f", layer {values['layers']} of {values['layers']}" if values["layers"] > 1 else ""
    units = len(values["units"])
    return layer + ("" if units == values["unit_count"] else f", {units} of {values['unit_count']} units")


def of_sequence(picture: Picture) -> str:
    """Which sequence and what of the network a view shows, in a sentence."""
    values = picture.values
    reading = (
        f", reading {'backwards' if values['backwards'] else 'forwards'}" if values["bidirectional"] else ""
    )
    of = f"Test sequence {values['sequence']:,} of {values['sequences']:,}"
    return f"{of}{of_network(values)}{reading}: loss {values['loss']:.3f}."


def unrolled_chart(picture: Picture) -> alt.LayerChart:
    """From top to bottom over the steps: target, prediction, hidden state, gradient, and input.

    Of the first sequence, read forwards.
    """
    picture = of_view(picture)
    arrays, values = picture.arrays, picture.values
    steps = arrays["h"].shape[1]
    first = int(values["first"])
    rows = _rows(picture)
    tops = {"Target": 0, "Prediction": ROW_PX, "Hidden state": 2 * ROW_PX}
    tops["Gradient"] = tops["Hidden state"] + STATES_PX
    tops["Input"] = tops["Gradient"] + ROW_PX
    total = tops["Input"] + ROW_PX
    x_scale = alt.Scale(domain=[first - 0.5, first + steps - 0.5], nice=False)
    x = alt.X(
        "step:Q",
        title="Step of the sequence",
        scale=x_scale,
        axis=alt.Axis(tickMinStep=1, grid=False),
    )
    axis = alt.Axis(
        values=[top + (STATES_PX if name == "Hidden state" else ROW_PX) / 2 for name, top in tops.items()],
        labelExpr=_names_at(tops),
        ticks=False,
        grid=False,
    )
    y_scale = alt.Scale(domain=[total, 0], nice=False)

    def y(name: str) -> alt.Y:
        return alt.Y(f"{name}:Q", title=None, scale=y_scale, axis=axis)

    table = pd.DataFrame(rows)
    middles = {name: top + ROW_PX / 2 for name, top in tops.items()}
    table = table.assign(**{f"at_{name.lower()}": middle for name, middle in middles.items()})
    base = alt.Chart(table).encode(x=x)
    images = [_image(arrays["h"], first, tops["Hidden state"], STATES_PX)]
    if "inputs" in arrays:
        images.append(_image(arrays["inputs"], first, tops["Input"] + 3, ROW_PX - 6))
    states = alt.Chart(pd.DataFrame(images)).mark_image(aspect=False)
    image = states.encode(x=alt.X("left:Q", scale=x_scale), x2="right", y=y("top"), y2="bottom", url="url:N")
    texts = [
        base.mark_text(fontSize=12, color="gray", aria=False).encode(
            y=y(f"at_{name}"), text=f"{text}:N", **look
        )
        for name, text, look in (
            ("target", "target", {}),
            ("prediction", "prediction", {"color": alt.Color("right:N", scale=_RIGHT, legend=None)}),
            ("input", "symbol", {}),
        )
    ]
    dots = base.mark_circle(color=GRADIENT).encode(
        y=y("at_gradient"),
        size=alt.Size("level:Q", scale=alt.Scale(domain=[0, 1], range=[4, 260]), legend=None),
        tooltip=[
            alt.Tooltip("step:Q", title="Step"),
            alt.Tooltip("input:N", title="Input"),
            alt.Tooltip("prediction:N", title="Prediction"),
            alt.Tooltip("target:N", title="Target"),
            alt.Tooltip("gradient:Q", title="Gradient from the next step", format=".2e"),
            alt.Tooltip("loss_gradient:Q", title="Gradient by h", format=".2e"),
        ],
    )
    subtitle = f"{of_sequence(picture)} Gradient: what flows back from the next step, in decades."
    return alt.LayerChart(
        layer=[image, *texts, dots],
        title=alt.Title("Unrolled over a sequence", subtitle=subtitle, subtitleColor="gray"),
        height=total + AROUND_PX,
    )


GRADIENT = "#009E73"
_RIGHT = alt.Scale(domain=["right", "wrong", "not asked"], range=["#0072B2", "#D55E00", "gray"])


def _names_at(tops: dict[str, int]) -> str:
    """A Vega expression that names a row by where its middle is."""
    branches = [
        f"datum.value == {top + (STATES_PX if name == 'Hidden state' else ROW_PX) / 2} ? '{name}'"
        for name, top in tops.items()
    ]
    return " : ".join([*branches, "''"])


def _rows(picture: Picture) -> list[dict[str, Any]]:
    """What is written and drawn at each step."""
    arrays, values = picture.arrays, picture.values
    gradient, total = arrays["gradient"][-1], arrays["loss_gradient"]
    levels = gradient_levels(gradient)
    return [
        {
            "step": int(values["first"]) + step,
            "input": _read(picture, step),
            "symbol": _read(picture, step) if values["steps"] else "",
            **_predicted(picture, step),
            "gradient": None if np.isnan(gradient[step]) else float(gradient[step]),
            "loss_gradient": float(total[step]),
            "level": None if np.isnan(levels[step]) else float(levels[step]),
        }
        for step in range(arrays["h"].shape[1])
    ]


def gradient_levels(gradient: np.ndarray) -> np.ndarray:
    """1 for the largest, 0 for what is DECADES powers of ten below it or more; NaN stays."""
    largest = np.nanmax(gradient, initial=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = 1 + np.log10(gradient / largest) / DECADES
    return np.where(np.isnan(gradient), np.nan, np.clip(np.nan_to_num(levels, nan=0.0), 0, 1))


def _read(picture: Picture, step: int) -> str:
    if picture.values["steps"]:
        return visible(picture.values["steps"][step])
    return ", ".join(f"{number:.2f}" for number in picture.arrays["inputs"][:2, step])


def _predicted(picture: Picture, step: int) -> dict[str, str]:
    """Prediction and target as texts, empty where there is none, and whether the prediction is right."""
    arrays, values = picture.arrays, picture.values
    if "best" not in arrays:
        there = not np.isnan(arrays["output"][step])
        texts = [f"{arrays[name][step]:.2f}" if there else "" for name in ("output", "target")]
        return {"prediction": texts[0], "target": texts[1], "right": "not asked"}
    best, target = int(arrays["best"][0, step]), int(arrays["target"][step])
    asked = target >= 0
    return {
        "prediction": visible(values["classes"][best]) if best >= 0 else "",
        "target": visible(values["classes"][target]) if asked else "",
        "right": ("right" if best == target else "wrong") if asked else "not asked",
    }


def _image(values: np.ndarray, first: int, top: int, height: int) -> dict[str, Any]:
    """Rows of numbers over the steps, (rows, time), as an image."""
    largest = max(1.0, float(np.abs(values).max()))
    return {
        "url": png_url(diverging(values / largest), max(1, PICTURE_PX // values.shape[1])),
        "left": first - 0.5,
        "right": first + values.shape[1] - 0.5,
        "top": top,
        "bottom": top + height,
    }
