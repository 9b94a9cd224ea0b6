"""The roofline: how fast a machine can compute at each arithmetic intensity, and operations as dots under it.

Source: Williams, Waterman & Patterson (2009), Roofline: an insightful visual performance model, CACM 52(4).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from typing import Any

import altair as alt
import pandas as pd

from core.timing.results.emulation import Format
from core.timing.roofline.events import RooflinePoint
from core.timing.workloads import WORKLOADS

HEIGHT = 380
# The axes reach this far beyond what is shown.
_MARGIN = 3.0

_DOT_COLUMNS = (
    "name", "step", "size", "dtype", "device", "intensity", "gflops", "gbps", "peak", "bandwidth", "vendor",
    "limit", "series",
)  # fmt: skip


def roofline_chart(
    roofs: Sequence[Mapping[str, Any]],
    dots: Sequence[RooflinePoint],
    colour: str = "dtype",
    emulated: Set[Format] = frozenset(),
) -> alt.LayerChart:
    """Roofs as lines and operations as dots, both axes logarithmic.

    roofs are records of RoofMeasured. colour is what tells dots apart: "dtype", and the roofs have the same
    colours; or "step", and they are grey. Operations without arithmetic are left out. What is emulated is
    drawn as far as it lies within the axis of the others.
    """
    shown = [dot for dot in dots if dot.gflops > 0]
    table = pd.DataFrame([_row(dot, colour) for dot in shown], columns=list(_DOT_COLUMNS))
    known = [roof for roof in roofs if roof["gbps"] and roof["gflops"]]
    low, high = _span(known, shown)
    lines = pd.DataFrame(
        [line for roof in known for line in _lines(roof, low, high)],
        columns=["intensity", "gflops", "series", "dtype", "device", "roof"],
    )
    named = {f"{dtype} {_device_label(device, threads)}" for device, threads, dtype in emulated}
    rates = [
        rate
        for rows in (table, lines)
        for rate, dtype, device in zip(rows["gflops"], rows["dtype"], rows["device"], strict=True)
        if f"{dtype} {device}" not in named
    ] or [1.0]
    x = alt.X("intensity:Q", title="Arithmetic intensity (FLOPs a byte)", **_logarithmic(low, high))
    y = alt.Y("gflops:Q", title="Rate (GFLOP/s)", **_logarithmic(min(rates) / 2, max(rates) * 2))
    layers = [_roof_lines(lines, x, y, colour), _dots(table, x, y, colour)]
    return alt.LayerChart(
        layer=layers, title="Under the roof", height=HEIGHT, description=_in_words(known, shown)
    )


def _logarithmic(low: float, high: float) -> dict[str, Any]:
    """Scale and axis of a channel, with a line at each power of ten alone."""
    powers = [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    return {
        "scale": alt.Scale(type="log", domain=[low, high], nice=False),
        "axis": alt.Axis(values=[power for power in powers if low <= power <= high], format="~g"),
    }


def _roof_lines(lines: pd.DataFrame, x: alt.X, y: alt.Y, colour: str) -> alt.Chart:
    base = alt.Chart(lines).encode(
        x=x,
        y=y,
        detail=["roof:N"],
        tooltip=[
            alt.Tooltip("roof:N", title="Roof"),
            alt.Tooltip("gflops:Q", title="GFLOP/s", format=",.4~g"),
        ],
    )
    devices = list(dict.fromkeys(lines["device"]))
    if len(devices) > 1:
        legend = alt.Legend(orient="top", columns=2, symbolType="stroke", labelLimit=0)
        base = base.encode(strokeDash=alt.StrokeDash("device:N", title=None, legend=legend))
    if colour == "dtype":
        return base.mark_line(strokeWidth=2.5, clip=True).encode(color=_colour(lines["series"]))
    return base.mark_line(strokeWidth=2.5, clip=True, color="gray")


def _dots(table: pd.DataFrame, x: alt.X, y: alt.Y, colour: str) -> alt.Chart:
    chart = alt.Chart(table).mark_point(filled=True, size=75, opacity=0.85, clip=True)
    number = alt.Tooltip
    return chart.encode(
        x=x,
        y=y,
        color=_colour(table["series"]),
        # The same legend tells both where the colour means the step.
        shape=_shape("series" if colour == "step" else "step", table["series"]),
        tooltip=[
            alt.Tooltip("name:N", title="Operation"),
            alt.Tooltip("step:N", title="Step"),
            alt.Tooltip("size:Q", title="Size", format=","),
            alt.Tooltip("dtype:N", title="Format"),
            alt.Tooltip("device:N", title="On"),
            number("gflops:Q", title="GFLOP/s", format=",.4~g"),
            number("gbps:Q", title="GB/s", format=",.4~g"),
            number("intensity:Q", title="FLOPs a byte", format=".3~g"),
            number("peak:Q", title="% of the best product", format=".3~g"),
            number("bandwidth:Q", title="% of copy bandwidth", format=".3~g"),
            number("vendor:Q", title="% of the vendor's figure", format=".3~g"),
            alt.Tooltip("limit:N", title="Limit"),
        ],
    )


def _colour(series: pd.Series) -> alt.Color:
    return alt.Color("series:N", title=None, scale=_scale(series), legend=_legend_of(series))


def _shape(field: str, series: pd.Series) -> alt.Shape:
    if field != "series":
        return alt.Shape(f"{field}:N", title=None, legend=None)
    return alt.Shape("series:N", title=None, scale=_scale(series), legend=_legend_of(series))


def _scale(series: pd.Series) -> alt.Scale:
    """In the order of appearance, so that a series looks as in the charts beside."""
    return alt.Scale(domain=list(dict.fromkeys(series)))


def _legend_of(series: pd.Series) -> alt.Legend | None:
    return _legend() if series.nunique() > 1 else None


def _legend() -> alt.Legend:
    return alt.Legend(
        orient="top", columns=3, columnPadding=8, labelFontSize=11, labelLimit=0, symbolOpacity=1
    )


def _row(dot: RooflinePoint, colour: str) -> dict[str, Any]:
    return {
        "name": _title(dot.workload),
        "step": dot.step,
        "size": dot.size,
        "dtype": dot.dtype,
        "device": _device_label(dot.device, dot.threads),
        "intensity": dot.intensity,
        "gflops": dot.gflops,
        "gbps": dot.gbps,
        "peak": dot.percent_of_peak,
        "bandwidth": dot.percent_of_bandwidth,
        "vendor": dot.percent_of_vendor,
        "limit": dot.limit,
        "series": dot.step if colour == "step" else dot.dtype,
    }


def _title(workload: str) -> str:
    return WORKLOADS[workload].title if workload in WORKLOADS else workload


def _span(roofs: Sequence[Mapping[str, Any]], dots: Sequence[RooflinePoint]) -> tuple[float, float]:
    """Where the x axis begins and ends: every dot and every ridge lies inside."""
    ridges = [rate / roof["gbps"] for roof in roofs for rate in roof["gflops"].values()]
    intensities = [*ridges, *(dot.intensity for dot in dots)] or [1.0]
    return min(intensities) / _MARGIN, max(intensities) * _MARGIN


def _lines(roof: Mapping[str, Any], low: float, high: float) -> list[dict[str, Any]]:
    """Three points for each format: the bandwidth rises until the ridge, and then the peak is flat."""
    device, gbps = _device_label(roof["device"], roof["threads"]), roof["gbps"]
    return [
        {
            "intensity": intensity,
            "gflops": min(peak, intensity * gbps),
            "series": dtype,
            "dtype": dtype,
            "device": device,
            "roof": f"{device}: {dtype} at most {peak:,.4g} GFLOP/s, memory {gbps:.3g} GB/s",
        }
        for dtype, peak in roof["gflops"].items()
        for intensity in (low, peak / gbps, high)
    ]


def _device_label(device: str, threads: int | None) -> str:
    return device if threads is None else f"{device}, {threads} thread{'s' * (threads != 1)}"


def _in_words(roofs: Sequence[Mapping[str, Any]], dots: Sequence[RooflinePoint]) -> str:
    """The chart for those who cannot see it."""
    texts = [
        f"Roof of {_device_label(roof['device'], roof['threads'])}: memory {roof['gbps']:.3g} GB/s, "
        + ", ".join(f"{dtype} {rate:,.4g} GFLOP/s" for dtype, rate in roof["gflops"].items())
        for roof in roofs
    ]
    texts.append(f"{len(dots)} operations under it")
    if dots:
        best = max(dots, key=lambda dot: dot.gflops)
        texts.append(f"the fastest is {_title(best.workload)} with {best.gflops:,.4g} GFLOP/s")
    return f"{'. '.join(texts)}."
