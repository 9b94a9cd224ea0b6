"""The table of runs as a component: headings sort, boxes select, names open, pencils rename."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from core.data import DATASETS
from core.experiments.verdicts import VERDICTS
from core.models import MODELS
from core.runs.listing import ListedRun
from dashboard.charts.training.curves import METRICS
from dashboard.components.reports import Message, handed_on
from dashboard.components.runs import JOB_TITLES, STATUS_BADGES, VIEW_OF_JOB
from dashboard.training.settings_text import setting_in_words

HERE = Path(__file__).parent
KEY = "run table"


class Column(NamedTuple):
    """One column: its heading, and whether the greatest comes first when it is sorted by."""

    label: str
    descending: bool = False
    number: bool = False


COLUMNS = {
    "name": Column("Run"),
    "note": Column("Note"),
    "job": Column("Kind"),
    "model": Column("Network"),
    "data": Column("Data"),
    "settings": Column("Settings that differ"),
    "value": Column("Metric", descending=True, number=True),
    "seconds": Column("Time", descending=True, number=True),
    "status": Column("Status"),
    "created": Column("Date", descending=True),
}

_component = st.components.v2.component(
    "run_table",
    html='<div class="runs"></div>',
    css=(HERE / "table.css").read_text("utf-8"),
    js=(HERE / "table.js").read_text("utf-8"),
)


def run_table(
    shown: Sequence[ListedRun],
    sort: str,
    descending: bool,
    selected: Sequence[str],
    version: int,
    mine: Callable[[ListedRun], bool],
    on: dict[str, Message],
) -> None:
    """Show runs as rows. version changes when the page, not the person, changes what is selected.

    on: what is called before the page runs again, with the column to sort by ("sort"), the addresses that
    are selected now ("selected"), the run to open ("open"), and {"id", "field", "text"} of a new name or note
    ("edited"). Only runs that are `mine` can be renamed.
    """
    data = {
        "columns": [{"key": key, "label": one.label, "number": one.number} for key, one in COLUMNS.items()],
        "rows": [_row(run, mine(run)) for run in shown],
        "sort": sort,
        "descending": descending,
        "selected": [*selected],
        "version": version,
    }

    _component(
        key=KEY,
        data=data,
        on_sort_change=handed_on(KEY, "sort", on["sort"]),
        on_selected_change=handed_on(KEY, "selected", on["selected"]),
        on_open_change=handed_on(KEY, "open", on["open"]),
        on_edited_change=handed_on(KEY, "edited", on["edited"]),
    )


def _row(run: ListedRun, mine: bool) -> dict[str, Any]:
    label, _, color = STATUS_BADGES[run.status]
    return {
        "id": run.id,
        "address": address(run),
        "name": run.name,
        "note": run.note,
        "mine": mine,
        "status": label,
        "dot": color,
        "when": run.created,
        "cells": {
            "job": JOB_TITLES[run.job].capitalize(),
            "model": name_of(MODELS, run.model),
            "data": name_of(DATASETS, run.data),
            "settings": " · ".join(setting_in_words(name, value) for name, value in run.settings.items()),
            "value": metric_in_words(run.metric, run.value),
            "seconds": "" if run.seconds is None else duration(run.seconds),
        },
    }


def query_of(run: ListedRun) -> dict[str, str]:
    """The query of the page that shows a run."""
    measured = {"measure": run.job} if run.job in ("roofline", "suite", "self_comparison") else {}
    return {"run": run.id} | measured


def address(run: ListedRun) -> str:
    """Of the page that shows a run, as seen from this one."""
    query = "&".join(f"{name}={value}" for name, value in query_of(run).items())
    return f"{VIEW_OF_JOB[run.job]}?{query}"


def name_of(registry: Any, key: str | None) -> str:
    """What a person knows a network or a data set by; one of another version by its key."""
    if key is None:
        return ""
    return str(registry[key].name) if key in registry else key


def metric_in_words(metric: str | None, value: float | None) -> str:
    """Such as "Accuracy 96.2%", or the verdict on a statement; empty where there is none."""
    if metric in VERDICTS:
        return metric.capitalize()
    if metric is None or value is None:
        return ""
    known = METRICS.get(metric)
    if known is None:
        return f"{metric} {value:.4g}"
    return f"{known.name} {value:{known.format}}".replace("-", "−")


def duration(seconds: float) -> str:
    """Such as "0.31 s", "12 s" or "2 h 05 min"."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    whole = round(seconds)  # first, since 59.7 s are a minute
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
