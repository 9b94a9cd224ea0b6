"""A function of two inputs: as a picture with contour lines, and as curves cut through it."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
import pyarrow as pa

from dashboard.charts.pixels import BLUE, ORANGE, STRONGEST, diverging, png_url
from dashboard.charts.theme import series_color, series_dash

READINGS = 31  # points along each axis of a picture where the pointer reads
SLICE_READINGS = 60  # and along x where it reads cuts
BANDS = 16  # contour lines part the values into about so many
ENLARGE = 4  # pixels of the picture for each point, so that contour lines are thin
_LINE = (128, 128, 128, 170)  # grey, seen on light and dark


def surface_chart(
    at: np.ndarray,
    z: np.ndarray,
    title: str,
    names: tuple[str, str, str] = ("x", "y", "z"),
    largest: float | None = None,
    height: int = 380,
    readings: int = READINGS,
) -> dict[str, Any]:
    """A picture of z over both inputs: blue above 0, orange below, contour lines, and values at the pointer.

    at: positions along both axes, (points,); z: (points, points), rows from the lowest y up. largest: the |z|
    of the strongest colour, by default the largest there is, so that pictures can share a scale. Returns a
    Vega-Lite spec, of which all but the numbers is built once.
    """
    largest = largest or float(np.abs(z[np.isfinite(z)]).max(initial=0)) or 1.0
    low, high = float(at[0]), float(at[-1])
    spec = copy.deepcopy(_surface_spec(names, height))
    spec["description"] = f"Picture of {names[2]} over {names[0]} and {names[1]}: {title}."
    spec["title"] |= {"text": title, "subtitle": f"Contour lines are {contour_step(largest):g} apart."}
    for layer in spec["layer"]:
        for axis in ("x", "y"):
            layer["encoding"][axis]["scale"]["domain"] = [low, high]
    spec["layer"][1]["encoding"]["color"]["scale"] |= _colors(largest, bool((z < 0).any()))
    picture = pa.table({"low": [low], "high": [high], "url": [png_url(_pixels(z, largest))]})
    return spec | {"datasets": {"picture": picture, "readings": _readings(at, z, readings)}}


@lru_cache(maxsize=64)
def _surface_spec(names: tuple[str, str, str], height: int) -> dict[str, Any]:
    """The chart but for its title, the domains of its scales, and its data."""
    x_name, y_name, z_name = names
    domain = alt.Scale(domain=[0, 1], nice=False)
    picture = (
        alt.Chart(alt.NamedData("picture"))
        .mark_image(aspect=False)
        .encode(
            x=alt.X("low:Q", title=x_name, scale=domain),
            x2="high",
            y=alt.Y("low:Q", title=y_name, scale=domain),
            y2="high",
            url="url:N",
        )
    )
    legend = alt.Legend(
        title=z_name,
        orient="right",
        gradientLength=max(70, height - 220),
        gradientOpacity=1,
        format=".2~g",
        tickCount=5,
    )
    read = (
        alt.Chart(alt.NamedData("readings"))
        .mark_rect(opacity=0, aria=False)
        .encode(
            x=alt.X("x0:Q", scale=domain),
            x2="x1",
            y=alt.Y("y0:Q", scale=domain),
            y2="y1",
            color=alt.Color("z:Q", scale=alt.Scale(clamp=True), legend=legend),
            tooltip=[
                alt.Tooltip("x:Q", title=x_name, format=".3~f"),
                alt.Tooltip("y:Q", title=y_name, format=".3~f"),
                alt.Tooltip("z:Q", title=z_name, format=".4~g"),
            ],
        )
    )
    title = alt.Title("", offset=6, subtitleColor="gray")
    return alt.LayerChart(layer=[picture, read], title=title, height=height).to_dict()


def slices_chart(
    at: np.ndarray,
    slices: Mapping[float, np.ndarray],
    title: str,
    names: tuple[str, str, str] = ("x", "y", "z"),
    height: int = 260,
) -> dict[str, Any]:
    """z over the first input, one line for each value of the second: cuts through the surface, as a spec."""
    labels = tuple(f"{names[1]} = {_signed(y)}" for y in slices)
    spec = copy.deepcopy(_slices_spec(labels, names, height))
    spec["title"] |= {"text": title}
    columns = {f"cut{n}": line.astype(np.float32) for n, line in enumerate(slices.values())}
    lines = pa.table(
        {
            "x": np.tile(at.astype(np.float32), len(labels)),
            "z": np.concatenate([*columns.values()]),
            "cut": np.repeat(labels, len(at)),
        }
    )
    readings = pa.table({"x": at.astype(np.float32)} | columns)
    every_nth = range(0, len(at), max(1, len(at) // SLICE_READINGS))
    return spec | {"datasets": {"lines": lines, "readings": readings.take([*every_nth])}}


@lru_cache(maxsize=64)
def _slices_spec(labels: tuple[str, ...], names: tuple[str, str, str], height: int) -> dict[str, Any]:
    """The chart but for its title and its data."""
    x_name, _, z_name = names
    x = alt.X("x:Q", title=x_name, scale=alt.Scale(nice=False, zero=False))
    lines = (
        alt.Chart(alt.NamedData("lines"))
        .mark_line(strokeWidth=2.2, aria=False)
        .encode(
            x=x,
            y=alt.Y("z:Q", title=z_name, scale=alt.Scale(zero=False)),
            color=series_color(labels, labels, "cut"),
            strokeDash=series_dash(labels, "cut"),
        )
    )
    pointer = alt.selection_point(nearest=True, on="pointerover", fields=["x"], empty=False, name="pointer")
    read = [alt.Tooltip("x:Q", title=x_name, format=".3~f")]
    read += [alt.Tooltip(f"cut{n}:Q", title=label, format=".4~g") for n, label in enumerate(labels)]
    shown = alt.when(pointer).then(alt.value(0.6)).otherwise(alt.value(0))
    rule = alt.Chart(alt.NamedData("readings")).mark_rule(color="gray", aria=False)
    return alt.LayerChart(
        layer=[lines, rule.encode(x=x, opacity=shown, tooltip=read).add_params(pointer)],
        title=alt.Title("", offset=6),
        description=f"{z_name} over {x_name} for {', '.join(labels)}.",
        height=height,
    ).to_dict()


def contour_step(largest: float) -> float:
    """The difference between neighbouring contour lines: 1, 2 or 5 times a power of ten."""
    rough = 2 * largest / BANDS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= rough * 0.999)


def _pixels(z: np.ndarray, largest: float) -> np.ndarray:
    """RGBA, the highest y first, as pictures are; each pixel reads the plane between the points around it."""
    fine = _between(np.nan_to_num(z[::-1].astype(float), posinf=largest, neginf=-largest))
    pixels = diverging(np.clip(fine / largest, -1, 1))
    band = _bands(fine / contour_step(largest))
    line = np.zeros(band.shape, bool)
    line[:, 1:] |= band[:, 1:] != band[:, :-1]
    line[1:] |= band[1:] != band[:-1]
    pixels[line] = _LINE
    return pixels


def _bands(steps: np.ndarray) -> np.ndarray:
    """Numbers of the bands between contour lines, of values in steps; one ends at 0 only if that is crossed.

    A hair is taken off so that a function which nears a whole step, as tanh nears 1, draws no line there.
    """
    size = np.maximum(np.ceil(np.abs(steps) - 1e-6), 1)
    return np.where(steps > 0, size, -size) if steps.min() < 0 < steps.max() else size


def _between(values: np.ndarray) -> np.ndarray:
    """ENLARGE times as many values along each axis, straight between those given."""
    count = len(values)
    fine = np.linspace(0, count - 1, ENLARGE * count)
    below = np.minimum(fine.astype(int), count - 2)
    share = fine - below
    rows = values[below] * (1 - share)[:, None] + values[below + 1] * share[:, None]
    return rows[:, below] * (1 - share) + rows[:, below + 1] * share


def _readings(at: np.ndarray, z: np.ndarray, count: int) -> pa.Table:
    """Cells around `count` points along each axis, with the value at their middle."""
    chosen = np.linspace(0, len(at) - 1, count).round().astype(int)
    half = (at[-1] - at[0]) / (count - 1) / 2
    x, y = np.meshgrid(at[chosen], at[chosen])
    low, high = at[0], at[-1]
    cells = {"x": x, "y": y, "z": z[np.ix_(chosen, chosen)]}
    cells |= {"x0": np.maximum(x - half, low), "x1": np.minimum(x + half, high)}
    cells |= {"y0": np.maximum(y - half, low), "y1": np.minimum(y + half, high)}
    return pa.table({name: values.ravel().astype(np.float32) for name, values in cells.items()})


def _colors(largest: float, negative: bool) -> dict[str, list[Any]]:
    """Domain and range of the legend, as the picture has them: nothing at 0, strongest at the ends."""
    strength, near = STRONGEST / 255, largest / 1e3
    ends = ((ORANGE, strength), (ORANGE, 0), (BLUE, 0), (BLUE, strength))
    stops = [f"rgba({red},{green},{blue},{opacity:.3f})" for (red, green, blue), opacity in ends]
    first = 0 if negative else 2
    return {"domain": [-largest, -near, near, largest][first:], "range": stops[first:]}


def _signed(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
