"""Several trainings compared: curves, results, settings that differ, and who reached a target."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.data import DATASETS
from core.training.race import first_reached
from dashboard.charts.side_by_side import RunCurves, side_by_side_chart
from dashboard.charts.training.curves import METRICS, Metric
from dashboard.components import runs
from dashboard.components.markdown import escaped
from dashboard.live.charts import draw_shared
from dashboard.run_list.records import Shown
from dashboard.training.settings_text import differing_settings

COLOUR_COLUMN = " "
LOOK_AT_SPLITS = (
    "Look at the full lines, which are of data that no step has seen; where the dotted line of the same "
    "colour leaves its full one, that run learns its training data by heart."
)
LOOK_AT_PLAY = (
    "Look at the full lines, which are of the best actions alone; the dotted line of the same colour is of "
    "the training's own episodes, which also try other actions."
)


def explain_metrics(groups: Mapping[str, Sequence[Shown]]) -> None:
    """Why not all curves are in one chart."""
    each = "; ".join(
        f"{METRICS[metric].name} ({', '.join(escaped(one.label) for one in group)})"
        for metric, group in groups.items()
    )
    st.info(
        f"These runs are measured by different things: {each}. No axis means the same for all of them, and "
        "their losses are of different kinds too, so each has charts of its own."
    )


def draw_group(
    metric: str, group: Sequence[Shown], every: Sequence[str], over: str, moments: Mapping[str, float]
) -> None:
    """Loss and metric of the runs that have the same metric; moments: where their films stand, by label."""
    known = METRICS[metric]
    curves = [RunCurves(one.label, one.epochs) for one in group]
    splits = (known.splits[0], known.splits[2])
    left, right = st.columns(2)
    versions = tuple((one.run.id, one.label, one.version) for one in group)
    what = (versions, tuple(every), over, tuple(moments.items()))  # all that the charts depend on
    draw_shared(
        left,
        f"loss of {metric}",
        what,
        lambda: side_by_side_chart(curves, every, "loss", over, "Loss", "Loss", ".4f", splits, moments),
    )
    draw_shared(
        right,
        f"metric of {metric}",
        what,
        lambda: side_by_side_chart(
            curves, every, "metric", over, known.name, known.axis, known.format, splits, moments
        ),
    )
    st.caption(LOOK_AT_PLAY if known.plays else LOOK_AT_SPLITS)
    data = {DATASETS[one.config.data].name for one in group}
    if len(data) > 1:
        st.caption(
            f"They learn different data ({', '.join(sorted(data))}): a higher curve may be of an easier task."
        )


def draw_results(shown: Sequence[Shown], every: Sequence[str]) -> None:
    """Where each run has come to, and what it took."""
    st.header("Results")
    train, test = (" / ".join(names) for names in split_names(shown))
    loss = f"Loss, {test.lower()}"
    rows = []
    for one in shown:
        last, end = one.epochs[-1], one.finished or {}
        value = end.get("value") if end.get("value") is not None else last["test_metric"]
        rows.append(
            {
                "Run": one.label,
                "Metric": one.metric.name,
                test: metric_text(one.metric, value),
                train: metric_text(one.metric, last["train_metric"]),
                loss: last["test_loss"],
                "Epochs": last["epoch"],
                "Steps": last["step"],
                "Seconds": last["elapsed_s"],
                "Parameters": one.started["parameters"],
                "Status": runs.STATUS_BADGES[one.run.status][0],
            }
        )
    number = st.column_config.NumberColumn
    with_colours(
        rows,
        every,
        "results",
        {
            test: st.column_config.TextColumn(help="Of the chosen weights, once the training has ended"),
            loss: number(format="%.4f"),
            "Steps": number(format="localized"),
            "Seconds": number(format="%.2f", help="Of training, without pauses"),
            "Parameters": number(format="localized"),
        },
    )


def split_names(shown: Sequence[Shown]) -> tuple[list[str], list[str]]:
    """What training and test are called of these runs, each name once."""
    splits = [one.metric.splits for one in shown]
    return [*dict.fromkeys(one[0] for one in splits)], [*dict.fromkeys(one[2] for one in splits)]


def draw_settings(shown: Sequence[Shown], every: Sequence[str]) -> None:
    """The settings that differ, and no others."""
    st.header("Settings that differ")
    differing = differing_settings([one.config for one in shown])
    if len(shown) < 2 or not differing:
        st.caption("One run alone differs in nothing." if len(shown) < 2 else "None: all settings agree.")
        return
    rows = [
        {"Run": one.label} | {name: values[n] for name, values in differing.items()}
        for n, one in enumerate(shown)
    ]
    with_colours(rows, every, "settings", {})


def with_colours(
    rows: Sequence[Mapping[str, Any]], every: Sequence[str], key: str, columns: Mapping[str, Any]
) -> None:
    """A table of runs, each with a dot in the colour of its curves."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    colours = st.get_option(f"theme.{theme}.chartCategoricalColors") or ["gray"]
    of_run = {label: colours[n % len(colours)] for n, label in enumerate(every)}
    table = pd.DataFrame([{COLOUR_COLUMN: "⬤", **row} for row in rows])
    styled = table.style.apply(
        lambda row: [f"color: {of_run[row['Run']]}" if name == COLOUR_COLUMN else "" for name in row.index],
        axis=1,
    )
    config = {COLOUR_COLUMN: st.column_config.TextColumn(width=30), **columns}
    st.dataframe(styled, hide_index=True, key=key, column_config=config, width="content")


def metric_text(metric: Metric, value: float | None) -> str:
    """A metric's value; "–" where there is none."""
    return "–" if value is None else f"{value:{metric.format}}".replace("-", "−")


def draw_target(shown: Sequence[Shown], every: Sequence[str]) -> None:
    """What each run took to reach a value of the metric."""
    metrics = {one.started["metric"] for one in shown}
    if len(metrics) != 1:
        st.caption("The runs have different metrics, so there is no target that all could reach.")
        return
    metric = shown[0].metric
    all_reached = reachable(shown)
    given = st.number_input(
        f"Target: {metric.name.lower()}{' of the best actions' if metric.plays else ' on the test data'}",
        value=None,
        placeholder=f"{all_reached:g}, which all have reached",
        step=0.01,
        format="%g",
        key="reach",
        bind="query-params",
        help="After which epoch a run was first at least that good. Empty, it is what all runs have reached.",
    )
    target = all_reached if given is None else given
    rows = []
    for one in shown:
        found = first_reached(one.started["train_samples"], one.epochs, target)
        row: dict[str, Any] = {"Run": one.label, "Reached": "yes" if found else "no"}
        for name in ("epoch", "step", "samples", "seconds"):
            row[f"{name.rstrip('s').capitalize()}s"] = getattr(found, name) if found else None
        rows.append(row)
    number = st.column_config.NumberColumn
    columns = {name: number(format="localized") for name in ("Epochs", "Steps", "Samples")}
    columns["Seconds"] = number(format="%.3f", help="They vary with what else the machine had to do")
    with_colours(rows, every, "to the target", columns)
    say_winner(rows)


def reachable(shown: Sequence[Shown]) -> float:
    """A value of two decimals that every run has reached; 0 where one has none at all."""
    known = [
        [epoch["test_metric"] for epoch in one.epochs if is_number(epoch["test_metric"])] for one in shown
    ]
    if not all(known):
        return 0.0
    return math.floor(100 * min(map(max, known))) / 100


def is_number(value: Any) -> bool:
    """Whether a metric has a finite value; one of a training that diverged may have none."""
    return isinstance(value, int | float) and math.isfinite(value)


def say_winner(rows: Sequence[Mapping[str, Any]]) -> None:
    """Who was first by each measure, where two or more have reached the target."""
    there = [row for row in rows if row["Reached"] == "yes"]
    if len(there) < 2:
        return
    said = []
    for name in ("Epochs", "Samples", "Seconds"):
        first, second = sorted(there, key=lambda row: row[name])[:2]
        if first[name] < second[name]:
            form = ".3g" if name == "Seconds" else ",.0f"
            figures = f"{first[name]:{form}} against {second[name]:{form}}"
            said.append(f"{name.lower()}: **{escaped(first['Run'])}** ({figures})")
        else:
            said.append(f"{name.lower()}: equal")
    st.markdown(f"First, by {'; '.join(said)}.")
