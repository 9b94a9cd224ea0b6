"""A function of two inputs: as a picture with contour lines, and as curves cut through it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from dashboard.charts.pixels import BLUE, ORANGE, STRONGEST, diverging, png_url
from dashboard.charts.theme import series_color, series_dash

READINGS = 31  # places along each axis where the pointer reads
BANDS = 16  # contour lines part the values into about so many
ENLARGE = 4  # pixels of the picture for each place, so that contour lines are thin
_LINE = (128, 128, 128, 170)  # grey, seen on light and dark


def surface_chart(
    at: np.ndarray,
    z: np.ndarray,
    title: str,
    names: tuple[str, str, str] = ("x", "y", "z"),
    largest: float | None = None,
    height: int = 380,
    readings: int = READINGS,
) -> alt.LayerChart:
    """A picture of z over both inputs: blue above 0, orange below, contour lines, and values at the pointer.

    at: places along both axes, (points,); z: (points, points), rows from the lowest y up. largest: the |z| of
    the strongest colour, by default the largest there is, so that pictures can share a scale.
    """
    x_name, y_name, z_name = names
    largest = largest or float(np.abs(z[np.isfinite(z)]).max(initial=0)) or 1.0
    domain = alt.Scale(domain=[float(at[0]), float(at[-1])], nice=False)
    ends = {"low": float(at[0]), "high": float(at[-1]), "url": png_url(_pixels(z, largest))}
    picture = (
        alt.Chart(pd.DataFrame([ends]))
        .mark_image(aspect=False)
        .encode(
            x=alt.X("low:Q", title=x_name, scale=domain),
            x2="high",
            y=alt.Y("low:Q", title=y_name, scale=domain),
            y2="high",
            url="url:N",
        )
    )
    read = alt.Chart(_readings(at, z, readings)).mark_rect(opacity=0, aria=False)
    read = read.encode(
        x=alt.X("x0:Q", scale=domain),
        x2="x1",
        y=alt.Y("y0:Q", scale=domain),
        y2="y1",
        color=_color(largest, bool((z < 0).any()), z_name, height),
        tooltip=[
            alt.Tooltip("x:Q", title=x_name, format=".3~f"),
            alt.Tooltip("y:Q", title=y_name, format=".3~f"),
            alt.Tooltip("z:Q", title=z_name, format=".4~g"),
        ],
    )
    apart = f"Contour lines are {contour_step(largest):g} apart."
    return alt.LayerChart(
        layer=[picture, read],
        title=alt.Title(title, offset=6, subtitle=apart, subtitleColor="gray"),
        description=f"Picture of {z_name} over {x_name} and {y_name}: {title}.",
        height=height,
    )


def slices_chart(
    at: np.ndarray,
    slices: Mapping[float, np.ndarray],
    title: str,
    names: tuple[str, str, str] = ("x", "y", "z"),
    height: int = 260,
) -> alt.LayerChart:
    """z over the first input, one line for each value of the second: cuts through the surface."""
    x_name, y_name, z_name = names
    labels = {y: f"{y_name} = {_signed(y)}" for y in slices}
    rows = pd.concat(
        pd.DataFrame({"x": at, "z": line, "cut": labels[y], "y": y}) for y, line in slices.items()
    )
    every = [*labels.values()]
    x = alt.X("x:Q", title=x_name, scale=alt.Scale(nice=False, zero=False))
    lines = (
        alt.Chart(rows)
        .mark_line(strokeWidth=2.2, aria=False)
        .encode(
            x=x,
            y=alt.Y("z:Q", title=z_name, scale=alt.Scale(zero=False)),
            color=series_color(every, every, "cut"),
            strokeDash=series_dash(every, "cut"),
        )
    )
    pointer = alt.selection_point(nearest=True, on="pointerover", fields=["x"], empty=False, name="pointer")
    wide = pd.DataFrame({"x": at} | {f"cut{n}": line for n, line in enumerate(slices.values())})
    wide = wide.iloc[:: max(1, len(at) // 60)]
    read = [alt.Tooltip("x:Q", title=x_name, format=".3~f")]
    read += [alt.Tooltip(f"cut{n}:Q", title=label, format=".4~g") for n, label in enumerate(every)]
    shown = alt.when(pointer).then(alt.value(0.6)).otherwise(alt.value(0))
    rule = alt.Chart(wide).mark_rule(color="gray", aria=False).encode(x=x, opacity=shown, tooltip=read)
    return alt.LayerChart(
        layer=[lines, rule.add_params(pointer)],
        title=alt.Title(title, offset=6),
        description=f"{z_name} over {x_name} for {', '.join(every)}.",
        height=height,
    )


def contour_step(largest: float) -> float:
    """The difference between neighbouring contour lines: 1, 2 or 5 times a power of ten."""
    rough = 2 * largest / BANDS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= rough * 0.999)


def _pixels(z: np.ndarray, largest: float) -> np.ndarray:
    """RGBA, the highest y first, as pictures are; each pixel reads the plane between the places around it."""
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


def _readings(at: np.ndarray, z: np.ndarray, count: int) -> pd.DataFrame:
    """Cells around `count` places along each axis, with the value at their middle."""
    chosen = np.linspace(0, len(at) - 1, count).round().astype(int)
    half = (at[-1] - at[0]) / (count - 1) / 2
    x, y = np.meshgrid(at[chosen], at[chosen])
    low, high = at[0], at[-1]
    cells = {"x": x, "y": y, "z": z[np.ix_(chosen, chosen)]}
    cells |= {"x0": np.maximum(x - half, low), "x1": np.minimum(x + half, high)}
    cells |= {"y0": np.maximum(y - half, low), "y1": np.minimum(y + half, high)}
    return pd.DataFrame({name: values.ravel().astype(np.float32) for name, values in cells.items()})


def _color(largest: float, negative: bool, z_name: str, height: int) -> alt.Color:
    """A scale for the legend alone, the same as that of the picture: nothing at 0, strongest at the ends."""
    strength = STRONGEST / 255
    stops = [
        f"rgba({ORANGE[0]},{ORANGE[1]},{ORANGE[2]},{strength})",
        f"rgba({ORANGE[0]},{ORANGE[1]},{ORANGE[2]},0)",
    ]
    stops += [f"rgba({BLUE[0]},{BLUE[1]},{BLUE[2]},0)", f"rgba({BLUE[0]},{BLUE[1]},{BLUE[2]},{strength})"]
    near = largest / 1e3
    legend = alt.Legend(
        title=z_name,
        orient="right",
        gradientLength=max(70, height - 220),
        gradientOpacity=1,
        format=".2~g",
        tickCount=5,
    )
    domain = [-largest, -near, near, largest]
    if not negative:
        domain, stops = domain[2:], stops[2:]
    scale = alt.Scale(domain=domain, range=stops, clamp=True)
    return alt.Color("z:Q", scale=scale, legend=legend)


def _signed(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
