"""Chart of two results against each other: how many times as long each point takes now."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from core.timing.results.labels import device_label, workload_label
from core.timing.results.table import Record
from core.timing.results.units import counted
from core.timing.results.verdicts import FASTER, SAME, SLOWER, UNSURE
from dashboard.charts.machine.verdict_marks import verdict_marks

# More rows than this are for a table.
MAX_ROWS = 30
_ROW = 22
_BEYOND, _MARGIN = 2.0, 1.03
_ORDER = (SLOWER, FASTER, UNSURE, SAME)
_TICKS = (1 / 100, 1 / 10, 1 / 5, 1 / 2, 0.8, 0.9, 1, 1.1, 1.25, 2, 5, 10, 100)


def notable_first(compared: Sequence[Record]) -> list[Record]:
    """Points that became slower, then those that became faster, and the largest ratio of each first.

    compared are records of PointCompared.
    """
    return sorted(compared, key=lambda one: (_ORDER.index(one["verdict"]), -_times_apart(one)))


def ratio_chart(compared: Sequence[Record]) -> alt.LayerChart:
    """The most notable points, each with its ratio, the ratio's interval, and its noise floor around 1."""
    shown = notable_first(compared)[:MAX_ROWS]
    table = pd.DataFrame(
        [
            {
                "row": _short(one),
                "point": f"{workload_label(one)} {one['dtype']}, {device_label(one)}, size {one['size']:,}",
                **{name: one[name] for name in ("ratio", "low", "high", "verdict", "floor")},
                "floor_low": 1 / (1 + one["floor"]),
                "floor_high": 1 + one["floor"],
            }
            for one in shown
        ]
    )
    colour, shape = verdict_marks("verdict", set(table["verdict"]), columns=2)
    x = alt.X(
        "ratio:Q",
        title="Times as long now (log scale)",
        scale=alt.Scale(type="log", nice=False, domain=_domain(shown)),
        axis=alt.Axis(format="~g", values=[*_TICKS], labelOverlap="greedy"),
    )
    y = alt.Y("row:N", sort=[*table["row"]], title=None, axis=alt.Axis(labelLimit=190, labelOverlap=False))
    base = alt.Chart(table).encode(y=y)
    one = alt.Chart(pd.DataFrame({"ratio": [1.0]})).mark_rule(color="gray", strokeDash=[3, 3]).encode(x=x)
    floors = base.mark_bar(color="gray", opacity=0.15, height=_ROW - 6, clip=True, aria=False).encode(
        x=alt.X("floor_low:Q"), x2="floor_high:Q"
    )
    intervals = base.mark_rule(strokeWidth=3, opacity=0.45, clip=True, aria=False).encode(
        x=alt.X("low:Q"), x2="high:Q", color=colour
    )
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=x,
        color=colour,
        shape=shape,
        tooltip=[
            alt.Tooltip("point:N", title="Point"),
            alt.Tooltip("ratio:Q", title="Ratio", format=".3f"),
            alt.Tooltip("low:Q", title="99% interval from", format=".3f"),
            alt.Tooltip("high:Q", title="to", format=".3f"),
            alt.Tooltip("floor:Q", title="Noise floor", format=".1%"),
            alt.Tooltip("verdict:N", title="Verdict"),
        ],
    )
    return alt.LayerChart(
        layer=[floors, one, intervals, points],
        title="Now against the baseline",
        height=alt.Step(_ROW),
        description=" ".join(
            f"{row.point}: {row.ratio:.3g} times as long, {row.verdict}." for row in table.itertuples()
        ),
    )


def _short(one: Record) -> str:
    """A point's name for a phone: threads are those of the CPU."""
    threads, device = one["threads"], one["device"]
    where = device if threads is None else counted(threads, "thread")
    where = f"{device}, {where}" if threads is not None and device != "cpu" else where
    return f"{workload_label(one)} {one['size']:,} {one['dtype']}, {where}"


def _domain(shown: Sequence[Record]) -> list[float]:
    """All ratios and 1, and so much of the intervals that one of no use does not squeeze the others."""
    lows = [max(one["low"], one["ratio"] / _BEYOND) for one in shown]
    highs = [min(one["high"], one["ratio"] * _BEYOND) for one in shown]
    return [min(0.9, *lows) / _MARGIN, max(1.1, *highs) * _MARGIN]


def _times_apart(one: Record) -> float:
    """2 for twice as long and for half as long."""
    return float(max(one["ratio"], 1 / one["ratio"]))
