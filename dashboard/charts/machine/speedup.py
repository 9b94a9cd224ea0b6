"""How many times faster an accelerator is than the CPU against size, and where it reaches 1, 10 and 40."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from core.timing.sweeps.speedup import FORTYFOLD, OVERTAKES, TENFOLD, SpeedupCurve
from core.timing.workloads import WORKLOADS

HEIGHT = 380
ON_DEVICE, WITH_TRANSFERS = "operands on the device", "with transfers"
OWN_TIME = "the device's own time, launches left out"


def overtaking_chart(curves: Sequence[SpeedupCurve]) -> alt.LayerChart:
    """One line for each series, dashed ones with transfers and without launches; a triangle where a mark is
    first reached.

    curves are those of one workload.
    """
    points = pd.DataFrame(
        [
            {"series": curve.series, "way": way, "size": size, "ratio": ratio, "reference": curve.reference}
            for curve in curves
            for way, ratios in (
                (ON_DEVICE, curve.ratios),
                (WITH_TRANSFERS, curve.with_transfers),
                (OWN_TIME, curve.kernel_ratios),
            )
            for size, ratio in zip(curve.sizes, ratios, strict=False)
        ],
        columns=["series", "way", "size", "ratio", "reference"],
    )
    marks = pd.DataFrame(_crossings(curves), columns=["series", "way", "size", "ratio", "reached"])
    x = alt.X(
        "size:Q",
        title=_size_title(curves),
        scale=alt.Scale(type="log", nice=False, padding=12),
        axis=alt.Axis(values=sorted(set(points["size"])), format="d", labelOverlap="greedy"),
    )
    y = alt.Y("ratio:Q", title="Times as fast as the CPU", scale=alt.Scale(type="log"), axis=_axis())
    series = list(dict.fromkeys(points["series"]))
    legend = alt.Legend(orient="top", columns=2, labelFontSize=11, labelLimit=0, symbolOpacity=1)
    ways = alt.Legend(orient="top", columns=1, labelFontSize=11, labelLimit=0)  # as wide as a phone
    colour = alt.Color(
        "series:N", title=None, scale=alt.Scale(domain=series), legend=legend if len(series) > 1 else None
    )
    both = points["way"].nunique() > 1
    dash = alt.StrokeDash(
        "way:N",
        title=None,
        scale=alt.Scale(domain=[ON_DEVICE, WITH_TRANSFERS, OWN_TIME]),
        legend=ways if both else None,
    )
    levels = pd.DataFrame({"ratio": [OVERTAKES, TENFOLD, FORTYFOLD], "reached": ["1×", "10×", "40×"]})
    rules = alt.Chart(levels).mark_rule(color="gray", strokeDash=[2, 3]).encode(y=y)
    lines = alt.Chart(points).mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, strokeDash=dash)
    dots = (
        alt.Chart(points)
        .mark_point(filled=True, size=55, opacity=1)
        .encode(
            x=x,
            y=y,
            color=colour,
            tooltip=[
                alt.Tooltip("series:N", title="What"),
                alt.Tooltip("reference:N", title="Against"),
                alt.Tooltip("way:N", title="Counted"),
                alt.Tooltip("size:Q", title="Size", format=","),
                alt.Tooltip("ratio:Q", title="Times as fast", format=".3~g"),
            ],
        )
    )
    reached = (
        alt.Chart(marks)
        .mark_point(shape="triangle-up", filled=False, size=130, strokeWidth=2, opacity=1)
        .encode(
            x=x,
            y=y,
            color=colour,
            tooltip=[alt.Tooltip("series:N", title="What"), alt.Tooltip("reached:N", title="Reaches")],
        )
    )
    return alt.LayerChart(
        layer=[rules, lines, dots, reached],
        title="Speed-up over the CPU",
        height=HEIGHT,
        description=_in_words(curves),
    )


def _crossings(curves: Sequence[SpeedupCurve]) -> list[dict[str, object]]:
    return [
        {
            "series": curve.series,
            "way": way,
            "size": one.size,
            "ratio": one.ratio,
            "reached": f"{one.ratio:g}× from size {one.size:,.0f} on, {way}",
        }
        for curve in curves
        for way, marks in ((ON_DEVICE, curve.reached), (WITH_TRANSFERS, curve.reached_with_transfers))
        for one in marks
        # A reason beside a size says that it was reached before the first one measured.
        if one.size is not None and one.reason is None
    ]


def sentences(curve: SpeedupCurve) -> list[str]:
    """From which size on it is faster, a sentence for each way of counting."""
    found = []
    for way, marks in ((ON_DEVICE, curve.reached), (WITH_TRANSFERS, curve.reached_with_transfers)):
        parts = [
            f"{one.ratio:g}× {one.reason}" if one.reason else f"{one.ratio:g}× from size {one.size:,.0f} on"
            for one in marks
        ]
        found += [f"{curve.series}, {way}: {'; '.join(parts)}."] if parts else []
    if curve.kernel_ratios:
        found.append("Counted is what a program waits for each of many calls in a row.")
    if curve.transfer_reason:
        found.append(f"Transfers are not counted: {curve.transfer_reason.rstrip('.')}.")
    return found


def _axis() -> alt.Axis:
    return alt.Axis(format="~g", values=[0.01, 0.1, 1, 10, 40, 100, 1000])


def _size_title(curves: Sequence[SpeedupCurve]) -> str:
    means = {WORKLOADS[curve.workload].size_means for curve in curves if curve.workload in WORKLOADS}
    return f"Size: {means.pop()}" if len(means) == 1 else "Size"


def _in_words(curves: Sequence[SpeedupCurve]) -> str:
    return " ".join(sentence for curve in curves for sentence in sentences(curve)) or "No speed-up yet."
