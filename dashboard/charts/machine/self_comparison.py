"""Chart of one operation against itself, many times: each ratio with its interval, and the verdict on it."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from core.timing.results.table import Record
from dashboard.charts.machine.verdict_marks import verdict_marks

HEIGHT = 300
_MIN_SPAN, _BEYOND = 5.0, 2.0  # percent; and how many times as far as the floor an interval is drawn


def self_comparison_chart(compared: Sequence[Record], comparisons: int) -> alt.LayerChart:
    """By how many percent each comparison found the operation slower than itself.

    compared are records of SelfCompared; comparisons, how many there will be: the axis has room for all.
    """
    table = pd.DataFrame(
        [
            {
                "number": one["number"],
                "percent": 100 * (one["ratio"] - 1),
                "low": 100 * (one["low"] - 1),
                "high": 100 * (one["high"] - 1),
                "verdict": one["verdict"],
            }
            for one in compared
        ],
        columns=["number", "percent", "low", "high", "verdict"],
    )
    floor = 100 * max((one["floor"] for one in compared), default=0.0)
    span = max(_MIN_SPAN, _BEYOND * floor, *table["percent"].abs().tolist()) * 1.05
    colour, shape = verdict_marks("verdict", set(table["verdict"]), columns=4)
    x = alt.X(
        "number:Q",
        title="Comparison",
        scale=alt.Scale(domain=[0.5, comparisons + 0.5], nice=False),
        axis=alt.Axis(format="d", tickMinStep=1),
    )
    y = alt.Y("percent:Q", title="Slower than itself (%)", scale=alt.Scale(domain=[-span, span], nice=False))
    band = alt.Chart(pd.DataFrame({"low": [-floor], "high": [floor]}))
    floors = band.mark_rect(color="gray", opacity=0.15, clip=True, aria=False).encode(
        y=alt.Y("low:Q"), y2="high:Q"
    )
    base = alt.Chart(table).encode(x=x, color=colour)
    intervals = base.mark_rule(strokeWidth=2, opacity=0.45, clip=True, aria=False).encode(
        y=alt.Y("low:Q"), y2="high:Q"
    )
    points = base.mark_point(filled=True, size=60, opacity=1).encode(
        y=y,
        shape=shape,
        tooltip=[
            alt.Tooltip("number:Q", title="Comparison"),
            alt.Tooltip("percent:Q", title="Slower by (%)", format="+.2f"),
            alt.Tooltip("low:Q", title="99% interval from (%)", format="+.2f"),
            alt.Tooltip("high:Q", title="to (%)", format="+.2f"),
            alt.Tooltip("verdict:N", title="Verdict"),
        ],
    )
    counts = table["verdict"].value_counts()
    words = ", ".join(f"{count} {name}" for name, count in counts.items()) or "none yet"
    return alt.LayerChart(
        layer=[floors, intervals, points],
        title="One operation against itself",
        height=HEIGHT,
        description=f"{len(table)} comparisons of an operation with itself: {words}.",
    )
