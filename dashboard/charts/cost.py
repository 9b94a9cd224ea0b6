"""Charts of what activation functions cost: time of a pass, fused against unfused, memory saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from core.activations import ACTIVATIONS

_BAR_HEIGHT = 15
_MICRO = "format(datum.value, '~s') + 's'"  # 0.00012 becomes 120µs
STEPS = ("forward", "backward")
PARTS = {"input_bytes": "its input", "result_bytes": "its result", "other_bytes": "in between"}


def time_chart(rows: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """Median time of each function's forward and backward pass with its 95% interval, the fastest on top.

    rows are those of core.timing.activation_cost.table.cost_rows().
    """
    columns = ["name", "step", "median_s", "ci_low_s", "ci_high_s", "gbps", "percent_of_bandwidth", "limit"]
    table = pd.DataFrame([dict(row, tie=_tie(row)) for row in rows], columns=[*columns, "tie"])
    base = alt.Chart(table).encode(y=_names(_by_time(rows)), yOffset=_offset())
    x = alt.X(
        "median_s:Q", title="Time of one pass", axis=alt.Axis(labelExpr=_MICRO, tickCount=5, labelFlush=True)
    )
    bars = base.mark_bar().encode(
        x=x,
        color=_step_colour(),
        tooltip=[
            alt.Tooltip("name:N", title="Function"),
            alt.Tooltip("step:N", title="Pass"),
            alt.Tooltip("median_s:Q", title="Median (s)", format=".4~s"),
            alt.Tooltip("ci_low_s:Q", title="95% interval from (s)", format=".4~s"),
            alt.Tooltip("ci_high_s:Q", title="to (s)", format=".4~s"),
            alt.Tooltip("tie:N", title="Rank"),
            alt.Tooltip("gbps:Q", title="GB/s", format=".3~g"),
            alt.Tooltip("percent_of_bandwidth:Q", title="% of copy bandwidth", format=".3~g"),
            alt.Tooltip("limit:N", title="Limit"),
        ],
    )
    intervals = base.mark_rule(strokeWidth=3, color="gray", aria=False).encode(
        x="ci_low_s:Q", x2="ci_high_s:Q"
    )
    return alt.LayerChart(
        layer=[bars, intervals],
        title="Time of a pass",
        height=alt.Step(_BAR_HEIGHT),
        description=_times_in_words(rows),
    )


def fused_chart(rows: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """How many times faster torch's fused call is than its formula, with the 99% interval; 1 is as fast."""
    both = [row for row in rows if row["verdict"]]
    columns = ["name", "step", "fused_times_as_fast", "at_least", "at_most", "verdict"]
    table = pd.DataFrame(both, columns=columns)
    scale = alt.Scale(type="log", base=2, nice=True)
    base = alt.Chart(table).encode(y=_names(_by_time(both)), yOffset=_offset(), color=_step_colour())
    even = alt.Chart(pd.DataFrame({"even": [1.0]})).mark_rule(color="gray", strokeDash=[2, 3])
    intervals = base.mark_rule(strokeWidth=3, opacity=0.5).encode(x="at_least:Q", x2="at_most:Q")
    axis = alt.Axis(format="~g", values=[2.0**power for power in range(-6, 9)])
    title = "Times as fast as unfused"
    points = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=alt.X("fused_times_as_fast:Q", title=title, scale=scale, axis=axis),
        shape=alt.Shape("step:N", title=None, scale=alt.Scale(domain=list(STEPS)), legend=_legend()),
        tooltip=[
            alt.Tooltip("name:N", title="Function"),
            alt.Tooltip("step:N", title="Pass"),
            alt.Tooltip("fused_times_as_fast:Q", title="Times as fast", format=".3~g"),
            alt.Tooltip("at_least:Q", title="At least", format=".3~g"),
            alt.Tooltip("at_most:Q", title="At most", format=".3~g"),
            alt.Tooltip("verdict:N", title="Fused it is"),
        ],
    )
    texts = [f"{row['name']} {row['step']} {row['fused_times_as_fast']:.3g} times" for row in both]
    return alt.LayerChart(
        layer=[even.encode(x="even:Q"), intervals, points],
        title="Fused against unfused",
        height=alt.Step(_BAR_HEIGHT),
        description=f"Fused, times as fast as unfused: {', '.join(texts) or 'not known yet'}.",
    )


def memory_chart(records: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Bytes an element that stay alive for backward, by what they belong to. records are of MemoryKept."""
    rows = [
        {
            "name": _name(record["activation"]) + (", unfused" if record["form"] == "unfused" else ""),
            "part": part,
            "bytes": record[field],
        }
        for record in records
        for field, part in PARTS.items()
    ]
    table = pd.DataFrame(rows, columns=["name", "part", "bytes"])
    names = list(dict.fromkeys(table["name"]))
    totals = table.groupby("name", sort=False)["bytes"].sum()
    texts = ", ".join(f"{name} {count:.3g}" for name, count in totals.items())
    return (
        alt.Chart(
            table,
            title="Saved for the backward pass",
            height=alt.Step(22),
            description=f"Bytes an element saved for backward: {texts or 'not known yet'}.",
        )
        .mark_bar()
        .encode(
            y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=150)),
            x=alt.X("sum(bytes):Q", title="Bytes an element", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "part:N", title=None, scale=alt.Scale(domain=[*PARTS.values()]), legend=_legend(columns=3)
            ),
            order=alt.Order("part_order:Q"),
            tooltip=[
                alt.Tooltip("name:N", title="Function"),
                alt.Tooltip("part:N", title="Saved of"),
                alt.Tooltip("bytes:Q", title="Bytes an element", format=".3~g"),
            ],
        )
        .transform_calculate(part_order=f"indexof({[*PARTS.values()]}, datum.part)")
    )


def _names(order: Sequence[str]) -> alt.Y:
    return alt.Y("name:N", sort=list(order), title=None, axis=alt.Axis(labelLimit=130))


def _offset() -> alt.YOffset:
    return alt.YOffset("step:N", sort=list(STEPS), bandPosition=0.5, scale=alt.Scale(paddingOuter=0.1))


def _step_colour() -> alt.Color:
    return alt.Color("step:N", title=None, scale=alt.Scale(domain=list(STEPS)), legend=_legend())


def _legend(columns: int = 2) -> alt.Legend:
    return alt.Legend(orient="top", columns=columns, labelFontSize=11, labelLimit=0, symbolOpacity=1)


def _by_time(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names by the time of the forward pass, the fastest first."""
    forward = sorted((row for row in rows if row["step"] == "forward"), key=lambda row: row["median_s"])
    return list(dict.fromkeys(row["name"] for row in [*forward, *rows]))


def _tie(row: Mapping[str, Any]) -> str:
    if row["tied"] is None:
        return "not known yet"
    if row["tied"]:
        return "fastest" if row["times_as_long"] == 1 else "tied with the fastest"
    return f"{row['times_as_long']:.3g} times as long as the fastest"


def _times_in_words(rows: Sequence[Mapping[str, Any]]) -> str:
    texts = [f"{row['name']} {row['step']} {row['median_s'] * 1e6:,.3g} microseconds" for row in rows]
    return f"Time of one pass: {'; '.join(texts) or 'nothing measured yet'}."


def _name(key: str) -> str:
    return ACTIVATIONS[key].name if key in ACTIVATIONS else key
