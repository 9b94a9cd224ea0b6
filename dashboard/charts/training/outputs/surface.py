"""What a network predicts over the plane, beside the truth."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import diverging, png_url
from dashboard.charts.training.data.curve_samples import MAX_SAMPLES
from dashboard.charts.training.outputs.curve import SERIES

GAP = 0.12  # between two maps, as a fraction of a map's width
READ_OUTS = 16  # squares along each edge of a map that show their value


def surface_chart(picture: Picture, samples: Picture | None = None) -> alt.LayerChart:
    """The truth and the network's prediction as maps beside each other, in the same colours.

    Blue is above zero, orange below, and the strongest colour is the truth's farthest value from zero. Both
    maps have one axis, whose labels start again, since a page cannot fit two charts to a phone.
    """
    values, arrays = picture.values, picture.arrays
    x_min, x_max = values["x_min"], values["x_max"]
    shift = (1 + GAP) * (x_max - x_min)
    largest = float(np.abs(arrays["truth"]).max())
    maps = [
        {
            "map": name,
            "left": x_min + offset,
            "right": x_max + offset,
            "middle": (x_min + x_max) / 2 + offset,
            "bottom": values["y_min"],
            "top": values["y_max"],
            "url": png_url(diverging(arrays[name.lower()] / largest)),
        }
        for name, offset in (("Truth", 0.0), ("Network", shift))
    ]
    base = alt.Chart(pd.DataFrame(maps)).encode(
        x=alt.X(
            "left:Q",
            title=values["features"][0],
            scale=alt.Scale(domain=[x_min, x_max + shift], nice=False),
            axis=_twice(x_min, x_max, shift),
        ),
        y=alt.Y(
            "bottom:Q",
            title=values["features"][1],
            scale=alt.Scale(domain=[values["y_min"], values["y_max"]], nice=False),
            axis=alt.Axis(grid=False),
        ),
    )
    images = base.mark_image(aspect=False).encode(x2="right", y2="top", url="url:N")
    frames = base.mark_rect(filled=False, stroke="gray", strokeWidth=0.5).encode(x2="right", y2="top")
    captions = base.mark_text(baseline="bottom", dy=-4, color="gray", fontSize=13).encode(
        x="middle:Q", y="top:Q", text="map:N"
    )
    dots = [] if samples is None else [_dots(samples)]
    lines = [
        f"Blue is above zero, orange below; strongest at {largest:.2g} and beyond.",
        "Dots are samples of the training split.",
    ]
    return alt.LayerChart(
        layer=[images, frames, captions, *dots, _read_outs(picture, shift)],
        title=alt.Title("Surface", subtitle=lines[: 1 + len(dots)], subtitleColor="gray", offset=26),
        height=330,
    )


def _dots(samples: Picture) -> alt.Chart:
    """Where the training split has samples, on the map of the truth."""
    x, y = samples.arrays["train"][:MAX_SAMPLES, :2].T
    places = alt.Chart(pd.DataFrame({"x": x, "y": y}))
    return places.mark_circle(size=6, color="gray", opacity=0.9, aria=False).encode(x="x:Q", y="y:Q")


def _twice(x_min: float, x_max: float, shift: float) -> alt.Axis:
    """Three round values of the first map, and again of the second: more would not fit a phone."""
    ticks = [float(value) for value in np.linspace(np.ceil(x_min), np.floor(x_max), 3)]
    label = f"format(datum.value > {x_max} ? datum.value - {shift} : datum.value, '~g')"
    values = [*ticks, *(tick + shift for tick in ticks)]
    return alt.Axis(values=values, labelExpr=label, grid=False)


def _read_outs(picture: Picture, shift: float) -> alt.Chart:
    """Invisible squares over both maps, for the values below the pointer."""
    values, arrays = picture.values, picture.arrays
    size = len(arrays["truth"])
    edges = np.linspace(0, size, READ_OUTS + 1).astype(int)
    row, column = (places.ravel() for places in np.indices((READ_OUTS, READ_OUTS)))
    x = values["x_min"] + edges / size * (values["x_max"] - values["x_min"])
    y = values["y_max"] - edges / size * (values["y_max"] - values["y_min"])
    middle = (edges[:-1] + edges[1:]) // 2
    place = {"left": x[column], "right": x[column + 1], "bottom": y[row + 1], "top": y[row]}
    read = {name: arrays[name.lower()][middle[row], middle[column]] for name in SERIES}
    centre = {"x": (x[column] + x[column + 1]) / 2, "y": (y[row] + y[row + 1]) / 2}
    first = pd.DataFrame(place | centre | read)
    second = first.assign(left=first["left"] + shift, right=first["right"] + shift)
    tooltip = [alt.Tooltip(name, type="quantitative", format=".2f") for name in ("x", "y", *SERIES)]
    squares = alt.Chart(pd.concat([first, second])).mark_rect(opacity=0, aria=False)
    return squares.encode(x="left:Q", x2="right", y="bottom:Q", y2="top", tooltip=tooltip)
