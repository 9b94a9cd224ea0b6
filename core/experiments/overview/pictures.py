"""The picture of a statement's experiment on paper: SVG, drawn by matplotlib from the entry's Plot."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.experiments.statement import BARS, IMAGES, LINES, Plot
from core.experiments.statement_events import Series
from core.lazy import LazyModule

if TYPE_CHECKING:
    import matplotlib
    import numpy as np
    from matplotlib import figure
    from matplotlib.axes import Axes
else:
    matplotlib = LazyModule("matplotlib")
    figure = LazyModule("matplotlib.figure")
    np = LazyModule("numpy")

# Okabe and Ito's palette, as on the screen; patterns tell series apart in black and white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6B5B95", "#1F2933")
DASHES = ("-", "--", ":", "-.")
SIZE = (7.2, 3.4)  # inches
MAX_DOTS = 25  # of a line


def svg(plot: Plot, series: Sequence[Series], images: Mapping[str, Any]) -> str:
    """The picture as an SVG element; empty where there is nothing to draw.

    The same data give the same text: no date, no random names.
    """
    if not (images if plot.kind == IMAGES else any(one.y for one in series)):
        return ""
    with matplotlib.rc_context({"svg.hashsalt": "nablascope", "font.size": 9, "svg.fonttype": "none"}):
        if plot.kind == IMAGES:
            drawn = _images(plot, images)
        else:
            drawn = figure.Figure(figsize=SIZE, layout="constrained")
            _draw(drawn.subplots(), plot, series)
        buffer = io.StringIO()
        drawn.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _draw(axes: Axes, plot: Plot, series: Sequence[Series]) -> None:
    names = list(dict.fromkeys(str(x) for one in series for x in one.x))
    for number, one in enumerate(series):
        look = {"color": COLOURS[number % len(COLOURS)], "label": one.name}
        if plot.kind == LINES:
            _line(axes, one, DASHES[number % len(DASHES)], look)
        else:
            shift = (number - (len(series) - 1) / 2) * 0.8 / max(len(series), 1)
            _at_names(axes, plot, one, [names.index(str(x)) + shift for x in one.x], len(series), look)
    if plot.kind != LINES:
        axes.set_xticks(range(len(names)), names)
    for at, name in plot.rules:
        axes.axhline(at, color="gray", linestyle=(0, (4, 4)), linewidth=1)
        axes.annotate(name, (0.01, at), xycoords=("axes fraction", "data"), va="bottom", color="gray")
    if plot.log_x:
        axes.set_xscale("log")
    if plot.log_y:
        axes.set_yscale("log")
    axes.set(title=plot.title, xlabel=plot.x, ylabel=plot.y)
    axes.spines[["top", "right"]].set_visible(False)
    if len(series) > 1:
        axes.legend(frameon=False)


def _line(axes: Axes, one: Series, dash: str, look: Mapping[str, Any]) -> None:
    dots = "o" if len(one.x) <= MAX_DOTS else None  # many would hide the pattern of the line
    axes.plot(one.x, one.y, dash, marker=dots, markersize=3, **look)
    if one.low:
        axes.fill_between(one.x, one.low, one.high, color=look["color"], alpha=0.18, linewidth=0)


def _at_names(
    axes: Axes, plot: Plot, one: Series, at: Sequence[float], together: int, look: Mapping[str, Any]
) -> None:
    """Bars, or points with their intervals, over names."""
    y = np.asarray(one.y)
    spans = np.abs([y - np.asarray(one.low), np.asarray(one.high) - y]) if one.low else None
    if plot.kind == BARS:
        axes.bar(at, y, 0.8 / together, yerr=spans, **look)
    else:
        axes.errorbar(at, y, yerr=spans, fmt="o", capsize=3, **look)


def _images(plot: Plot, images: Mapping[str, Any]) -> figure.Figure:
    drawn = figure.Figure(figsize=(1.3 * len(images), 1.9), layout="constrained")
    for axes, (name, pixels) in zip(
        drawn.subplots(1, len(images), squeeze=False)[0], images.items(), strict=True
    ):
        axes.imshow(np.asarray(pixels), cmap="gray_r")
        axes.set_title(name, fontsize=8)
        axes.axis("off")
    drawn.suptitle(plot.title)
    return drawn
