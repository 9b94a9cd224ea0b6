"""Curves of several trainings in one chart: one colour for each run, a dash for what it learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from dashboard.charts.lines import thin
from dashboard.charts.theme import series_color

POINTS_ON_SCREEN = 160  # of each run
MIN_JOINED = 4  # epochs; fewer are points without a line, which would say what nobody has measured
TRAIN, TEST = "Train", "Test"

# What curves can be drawn over: the field of an epoch's record, its title, and the format of a value.
OVER = {
    "step": ("step", "Step", ",.0f"),
    "epoch": ("epoch", "Epoch", ",.0f"),
    "seconds": ("elapsed_s", "Seconds of training", ",.3~f"),
}


@dataclass(frozen=True)
class RunCurves:
    """One run: its name in legends, and the records of its epochs."""

    label: str
    epochs: Sequence[Mapping[str, Any]]


def side_by_side_chart(
    curves: Sequence[RunCurves],
    every: Sequence[str],
    score: str,
    over: str,
    title: str,
    y_title: str,
    y_format: str,
    splits: tuple[str, str] = (TRAIN, TEST),
    moments: Mapping[str, float] | None = None,
) -> alt.LayerChart:
    """score ("loss" or "metric") of each run on its training and its test data, over a key of OVER.

    every: the labels of all runs on the page, so that each keeps its colour from chart to chart; moments: by
    label, where along the axis a rule marks what a run's film shows.
    """
    field, x_title, x_format = OVER[over]
    table = pd.concat([_rows(one, score, field, splits) for one in curves], ignore_index=True)
    colors = series_color(every, [one.label for one in curves], "run", columns=2)
    nearest = alt.selection_point(on="pointerover", nearest=True, empty=False, clear="pointerout")
    base = alt.Chart(table).encode(
        x=alt.X("x:Q", title=x_title, axis=alt.Axis(format=x_format, tickCount=8)),
        y=alt.Y("y:Q", title=y_title, scale=alt.Scale(zero=score == "loss")),
        color=colors,
    )
    train, test = splits
    rules = _rules(moments or {}, colors, x_title, x_format)
    is_train = alt.datum.split == train
    lines = (
        base.transform_filter(~alt.datum.few)
        .mark_line(aria=False)
        .encode(
            # A legend of its own would not fit beside the runs' on a phone; the subtitle says it.
            strokeDash=alt.StrokeDash(
                "split:N", scale=alt.Scale(domain=[test, train], range=[[1, 0], [3, 3]]), legend=None
            ),
            strokeWidth=alt.when(is_train).then(alt.value(1.2)).otherwise(alt.value(2.2)),
        )
    )
    tooltip = [
        alt.Tooltip("run:N", title="Run"),
        alt.Tooltip("split:N", title="On"),
        alt.Tooltip("x:Q", title=x_title, format=x_format),
        alt.Tooltip("y:Q", title=y_title, format=y_format),
    ]
    shown = (
        alt.when(nearest)
        .then(alt.value(1))
        .when(alt.datum.few & ~is_train)
        .then(alt.value(1))
        .when(alt.datum.few)
        .then(alt.value(0.45))
        .otherwise(alt.value(0))
    )
    points = base.mark_point(filled=True, size=50, aria=False).encode(opacity=shown, tooltip=tooltip)
    description = f"{title} over {x_title.lower()} of {', '.join(one.label for one in curves)}."
    return alt.LayerChart(
        layer=[*rules, lines, points.add_params(nearest)],
        title=alt.Title(
            title, subtitle=f"full: {test.lower()}, dotted: {train.lower()}", subtitleColor="gray"
        ),
        height=320,
        description=description,
    )


def _rules(moments: Mapping[str, float], color: alt.Color, x_title: str, x_format: str) -> list[alt.Chart]:
    """A rule at each moment, in the run's colour; a gray one where all films are at the same."""
    if not moments:
        return []
    table = pd.DataFrame({"run": [*moments], "x": [*moments.values()]})
    alone = table["x"].nunique() == 1
    table = table.head(1) if alone else table
    rules = alt.Chart(table).mark_rule(strokeWidth=1.5, aria=False)
    tooltip = alt.Tooltip("x:Q", title=f"Films at {x_title.lower()}", format=x_format)
    if alone:
        return [rules.encode(x="x:Q", color=alt.value("gray"), tooltip=[tooltip])]
    return [rules.encode(x="x:Q", color=color, tooltip=[alt.Tooltip("run:N", title="Run"), tooltip])]


def _rows(run: RunCurves, score: str, field: str, splits: tuple[str, str]) -> pd.DataFrame:
    fields = {f"train_{score}": splits[0], f"test_{score}": splits[1]}
    table = {"x": np.array([epoch[field] for epoch in run.epochs], float)}
    for name, split in fields.items():
        values = [epoch[name] for epoch in run.epochs]
        table[split] = np.array([np.nan if value is None else value for value in values], float)
    wide = pd.DataFrame(thin(table, POINTS_ON_SCREEN))
    few = len(run.epochs) < MIN_JOINED
    return wide.melt("x", [*splits], "split", "y").assign(run=run.label, few=few)
