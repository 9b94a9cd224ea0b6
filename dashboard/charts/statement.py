"""The picture of a statement's experiment, as its entry describes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.experiments.statement import BARS, IMAGES, INTERVALS, LINES, Plot
from core.experiments.statement_events import Series
from dashboard.charts.pixels import png_url
from dashboard.charts.theme import series_color, series_dash

HEIGHT = 340
SHOWN_PX = 96  # of an image
MAX_DOTS = 25  # of a line
WIDE_PX = 600  # of a chart that has room for a legend in one row
LEGEND_PX = 150  # of a name in a legend, two of which stand side by side on a phone
MAX_LABELS = 8  # that stand side by side on a phone


def picture(
    plot: Plot, series: Sequence[Series], images: Mapping[str, Any] | None = None
) -> alt.LayerChart | None:
    """The chart; None while there is nothing to draw."""
    if plot.kind == IMAGES:
        return _images(plot, images) if images else None
    rows = _rows(plot, series)
    if rows.empty:
        return None
    names = [one.name for one in series]
    x, y = _axis_x(plot, rows), _axis_y(plot, rows)
    color = _color(plot, names) if len(names) > 1 else alt.Color("series:N", legend=None)
    base = alt.Chart(rows).encode(x=x, color=color, tooltip=_tooltip(plot))
    rules = [part for at, name in plot.rules for part in _rule(at, name)]
    layers: list[alt.Chart] = [] if plot.kind == BARS else rules
    if plot.kind == LINES:
        layers += _lines(base, y, names, rows)
    elif plot.kind == INTERVALS:
        layers += _intervals(base, y, names)
    else:
        layers.append(base.mark_bar().encode(y=y, xOffset=_beside(names)))
        layers.append(base.mark_rule(aria=False).encode(y="low:Q", y2="high:Q", xOffset=_beside(names),
                                                        color=alt.value("gray")))  # fmt: skip
        layers += rules[::2]  # on the bars, which would hide them; their names stand between no bars
    return alt.LayerChart(
        layer=layers,
        title=alt.Title(plot.title, offset=6),
        description=f"{plot.y} over {plot.x} for {', '.join(names)}. {plot.look}",
        height=HEIGHT,
    )


def _color(plot: Plot, names: Sequence[str]) -> alt.Color:
    """Names stand whole in the legend: in one row where there is room, on a phone in two or three columns."""
    color = series_color(names, names)
    on_a_phone = 3 if max(map(len, names)) <= 8 else 2
    color["legend"]["columns"] = alt.expr(f"width > {WIDE_PX} ? {len(names)} : {on_a_phone}")
    color["legend"]["labelExpr"] = "datum.label"
    color["legend"]["labelLimit"] = LEGEND_PX
    if plot.kind == BARS:  # a stroke is what a line has
        color["legend"]["symbolType"] = "square"
    return color


def _rows(plot: Plot, series: Sequence[Series]) -> pd.DataFrame:
    """x, y, low, high and series; what an axis cannot show is left out."""
    rows = pd.DataFrame(
        [
            {"x": x, "y": y, "low": low, "high": high, "series": one.name}
            for one in series
            for x, y, low, high in zip(one.x, one.y, one.low or one.y, one.high or one.y, strict=True)
        ],
        columns=["x", "y", "low", "high", "series"],
    )
    rows = rows.dropna(subset=["y"])
    return rows[rows["y"] > 0] if plot.log_y else rows


def _axis_x(plot: Plot, rows: pd.DataFrame) -> alt.X:
    """A name with a comma stands on two lines, so that no other one has to make room for it on a phone."""
    if plot.kind == LINES:
        scale = alt.Scale(type="log" if plot.log_x else "linear", zero=False, nice=False)
        return alt.X("x:Q", title=plot.x, scale=scale, axis=alt.Axis(format=".6~g"))
    order = [*dict.fromkeys(rows["x"])]
    axis = alt.Axis(
        labelAngle=0,
        labelLimit=90,
        labelExpr="split(datum.label, ', ')",
        labelOverlap=len(order) > MAX_LABELS,
    )
    return alt.X("x:N", title=plot.x, sort=order, axis=axis)


def _axis_y(plot: Plot, rows: pd.DataFrame) -> alt.Y:
    if plot.log_y:
        scale = alt.Scale(type="log")
        return alt.Y("y:Q", title=plot.y, scale=scale, axis=alt.Axis(format=".6~g", tickCount=6))
    counts = plot.kind == BARS and bool((rows["y"] % 1 == 0).all())
    axis = alt.Axis(tickMinStep=1, format="d") if counts else alt.Axis()
    return alt.Y("y:Q", title=plot.y, scale=alt.Scale(zero=plot.kind == BARS), axis=axis)


def _tooltip(plot: Plot) -> list[alt.Tooltip]:
    number = plot.kind == LINES
    return [
        alt.Tooltip("series:N", title="Series"),
        alt.Tooltip("x:Q", title=plot.x, format=".3~g") if number else alt.Tooltip("x:N", title=plot.x),
        alt.Tooltip("y:Q", title=plot.y, format=".3~g"),
        alt.Tooltip("low:Q", title="From", format=".3~g"),
        alt.Tooltip("high:Q", title="To", format=".3~g"),
    ]


def _lines(base: alt.Chart, y: alt.Y, names: Sequence[str], rows: pd.DataFrame) -> list[alt.Chart]:
    band = base.mark_area(opacity=0.18, aria=False).encode(y=alt.Y("low:Q"), y2="high:Q")
    line = base.mark_line(strokeWidth=2.2, aria=False).encode(y=y, strokeDash=series_dash(names, shown=names))
    # Points of a long curve would hide it; they stay for their tooltips.
    long = len(rows) > MAX_DOTS * len(names)
    points = base.mark_point(filled=True, size=50, opacity=0 if long else 1).encode(y=y)
    has_band = bool((rows["low"] != rows["high"]).any())
    return [band, line, points] if has_band else [line, points]


def _intervals(base: alt.Chart, y: alt.Y, names: Sequence[str]) -> list[alt.Chart]:
    span = base.mark_rule(strokeWidth=3, opacity=0.5, aria=False).encode(
        y=alt.Y("low:Q"), y2="high:Q", xOffset=_beside(names)
    )
    return [span, base.mark_point(filled=True, size=80).encode(y=y, xOffset=_beside(names))]


def _beside(names: Sequence[str]) -> alt.XOffset:
    return alt.XOffset("series:N", sort=[*names], scale=alt.Scale(domain=[*names]))


def _rule(at: float, name: str) -> list[alt.Chart]:
    """A level line with its name at its left end."""
    base = alt.Chart(pd.DataFrame({"at": [at], "name": [name]})).encode(y="at:Q")
    line = base.mark_rule(strokeDash=[4, 4], color="gray").encode(tooltip="name:N")
    text = base.mark_text(align="left", baseline="bottom", dx=4, dy=-2, color="gray", aria=False)
    return [line, text.encode(x=alt.value(0), text="name:N")]


def _images(plot: Plot, images: Mapping[str, Any]) -> alt.LayerChart:
    bright = [np.clip(np.asarray(pixels, np.float32), 0, 1) for pixels in images.values()]
    arrays = [(255 * pixels).astype(np.uint8) for pixels in bright]
    rows = pd.DataFrame(
        {
            "url": [png_url(pixels, max(1, 2 * SHOWN_PX // pixels.shape[1])) for pixels in arrays],
            "name": [*images],
        }
    )
    base = alt.Chart(rows).encode(x=alt.X("name:N", sort=[*images], axis=None))
    tiles = base.mark_image(width=SHOWN_PX, height=SHOWN_PX).encode(
        y=alt.value(SHOWN_PX / 2), url="url:N", tooltip=alt.Tooltip("name:N", title="Image")
    )
    names = base.mark_text(baseline="top", color="gray").encode(y=alt.value(SHOWN_PX + 8), text="name:N")
    return alt.LayerChart(
        layer=[tiles, names],
        title=alt.Title(plot.title, offset=6),
        description=plot.look,
        height=SHOWN_PX + 40,
    )
