"""Charts of a comparison of frameworks: the time of each piece of work, and the wait for a first result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.machine.verdict_marks import BASELINE, NO_VERDICT, verdict_marks

IMPORTED, FIRST_RESULTS = "imported", "all first results"
_LEAST_S = 1e-3
_ROW = 24
_SECONDS = "format(datum.value, '~s') + 's'"  # 0.00012 becomes 120µs


def time_chart(rows: Sequence[Mapping[str, Any]], baseline: str | None, title: str) -> alt.LayerChart:
    """The median time of one piece of work in each framework with its 95% interval, the fastest on top.

    rows are those of core.timing.frameworks.table.figures() of one piece of work.
    """
    ordered = sorted(rows, key=lambda row: float(row["median_s"]))
    columns = ["title", "median_s", "ci_low_s", "ci_high_s", "judged", "against", "first_call_s", "error"]
    table = pd.DataFrame(
        [
            {
                **{
                    name: row[name] for name in ("title", "median_s", "ci_low_s", "ci_high_s", "first_call_s")
                },
                "judged": judged(row, baseline),
                "against": _against(row),
                "error": row["relative_error"],
            }
            for row in ordered
        ],
        columns=columns,
    )
    x = _seconds("median_s", "Time of one call (log scale)")
    colour, shape = verdict_marks("judged", set(table["judged"]), columns=3)
    base = alt.Chart(table).encode(y=_titles(ordered))
    intervals = base.mark_rule(strokeWidth=3, opacity=0.45, aria=False).encode(
        x=x, x2="ci_high_s:Q", color=colour
    )
    intervals = intervals.encode(x=alt.X("ci_low_s:Q"))
    points = base.mark_point(filled=True, size=110, opacity=1).encode(
        x=x,
        color=colour,
        shape=shape,
        tooltip=[
            alt.Tooltip("title:N", title="Framework"),
            alt.Tooltip("median_s:Q", title="Median (s)", format=".4~s"),
            alt.Tooltip("ci_low_s:Q", title="95% interval from (s)", format=".4~s"),
            alt.Tooltip("ci_high_s:Q", title="to (s)", format=".4~s"),
            alt.Tooltip("against:N", title="Against the baseline"),
            alt.Tooltip("first_call_s:Q", title="First call (s)", format=".3~s"),
            alt.Tooltip("error:Q", title="Relative error", format=".1e"),
        ],
    )
    return alt.LayerChart(
        layer=[intervals, points], title=title, height=alt.Step(_ROW), description=_in_words(title, ordered)
    )


def start_chart(rows: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """What each framework takes until it is imported, and until all its first results are there.

    rows are those of core.timing.frameworks.table.frameworks(). NumPy's import is not counted, since each
    has it: the shortest time shown is a millisecond.
    """
    ordered = sorted(rows, key=lambda row: float(row["import_s"] + row["first_calls_s"]))
    table = pd.DataFrame(
        [
            {
                "title": row["title"],
                IMPORTED: max(row["import_s"], _LEAST_S),
                FIRST_RESULTS: max(row["import_s"] + row["first_calls_s"], _LEAST_S),
                "before": "yes" if row["compiled_before"] else "no",
            }
            for row in ordered
        ],
        columns=["title", IMPORTED, FIRST_RESULTS, "before"],
    )
    names = [IMPORTED, FIRST_RESULTS]
    title = "Since the start (log scale)"
    legend = alt.Legend(orient="top", columns=2, symbolOpacity=1, symbolSize=90)
    base = alt.Chart(table).encode(y=_titles(ordered))
    rules = base.mark_rule(strokeWidth=3, opacity=0.45, color="gray", aria=False).encode(
        x=_seconds(IMPORTED, title),
        x2=alt.X2(f"{FIRST_RESULTS}:Q"),
    )
    points = (
        base.transform_fold([*names], as_=["moment", "seconds"])
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x=_seconds("seconds", title),
            color=alt.Color("moment:N", title=None, scale=alt.Scale(domain=names), legend=legend),
            shape=alt.Shape("moment:N", title=None, scale=alt.Scale(domain=names), legend=legend),
            tooltip=[
                alt.Tooltip("title:N", title="Framework"),
                alt.Tooltip("moment:N", title="What"),
                alt.Tooltip("seconds:Q", title="Seconds", format=".3~s"),
                alt.Tooltip("before:N", title="Compiled by an earlier run"),
            ],
        )
    )
    texts = [f"{row['title']} {row['import_s'] + row['first_calls_s']:,.3g} s" for row in ordered]
    return alt.LayerChart(
        layer=[rules, points],
        title="Until the first results are there",
        height=alt.Step(_ROW),
        description=f"Import and first calls: {'; '.join(texts) or 'nothing measured yet'}.",
    )


def _titles(ordered: Sequence[Mapping[str, Any]]) -> alt.Y:
    """The frameworks from top to bottom."""
    axis = alt.Axis(labelLimit=150, labelFlush=False)
    return alt.Y("title:N", sort=[row["title"] for row in ordered], title=None, axis=axis)


def _seconds(field: str, title: str) -> alt.X:
    scale = alt.Scale(type="log", nice=False, padding=14)
    axis = alt.Axis(labelExpr=_SECONDS, tickCount=4, labelOverlap="greedy")
    return alt.X(f"{field}:Q", title=title, scale=scale, axis=axis)


def judged(row: Mapping[str, Any], baseline: str | None) -> str:
    """Which of VERDICTS a figure has."""
    if row["verdict"]:
        return str(row["verdict"])
    return BASELINE if row["framework"] == baseline else NO_VERDICT


def _against(row: Mapping[str, Any]) -> str:
    if not row["agrees"]:
        return "does not agree with NumPy"
    if not row["verdict"]:
        return "-"
    return f"{row['verdict']}, {row['ratio']:.3g} times the time ({row['low']:.3g} to {row['high']:.3g})"


def _in_words(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    texts = [f"{row['title']} {row['median_s'] * 1e6:,.3g} microseconds" for row in rows]
    return f"{title}: {'; '.join(texts) or 'nothing measured yet'}."
