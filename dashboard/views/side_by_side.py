"""Side by side: the curves of up to six trainings, what differs in them, and a race between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.data import DATASETS
from core.models import MODELS
from core.runs.listing import ListedRun, RunQuery, listed
from core.runs.news import news_of
from dashboard.charts.side_by_side import OVER
from dashboard.components import runs
from dashboard.components.address import bound
from dashboard.components.layout import heading
from dashboard.components.visitor import visitor
from dashboard.live.pace import pace
from dashboard.live.part import ask_for_news
from dashboard.live.turns import turns
from dashboard.run_list.actions import MAX_SIDE_BY_SIDE
from dashboard.run_list.comparison import (
    draw_group,
    draw_results,
    draw_settings,
    draw_target,
    explain_metrics,
)
from dashboard.run_list.films import draw_films, moments
from dashboard.run_list.race_form import draw_race
from dashboard.run_list.records import Shown, labels, with_records
from dashboard.run_list.table import metric_in_words, name_of

OFFERED = 50  # of this browser's newest trainings, or all where it has none, beside those of the address
PICKED = "picked runs"


def addressed_ids() -> list[str]:
    """The runs that the address names, `?runs=a,b,c`, each once."""
    texts = ",".join(st.query_params.get_all("runs")).split(",")
    return [*dict.fromkeys(text.strip() for text in texts if text.strip())]


def write_picked() -> None:
    """Put the runs that were picked into the address."""
    picked = st.session_state[PICKED]
    if picked:
        st.query_params["runs"] = ",".join(picked)
    else:
        st.query_params.pop("runs", None)


def choose_runs() -> list[ListedRun]:
    """Trainings to be compared: those of the address, of which the control adds and removes some."""
    store, ids = runs.runner().store, addressed_ids()
    if len(ids) > MAX_SIDE_BY_SIDE:
        st.warning(f"The address names {len(ids)} runs; the first {MAX_SIDE_BY_SIDE} are shown.")
        ids = ids[:MAX_SIDE_BY_SIDE]
    known = {run.id: run for run in listed(store, RunQuery(ids=tuple(ids))).runs} if ids else {}
    for run_id in ids:
        if run_id not in known:
            st.warning(f"There is no run with the address “{run_id[:40]}”.")
        elif known[run_id].job != "training":
            st.warning(f"The run “{run_id}” is no training, so it has no curves to compare.")
    ids = [run_id for run_id in ids if run_id in known and known[run_id].job == "training"]
    query = RunQuery(jobs=("training",), owner=visitor().owner.id, limit=OFFERED)
    own = listed(store, query).runs
    others = () if own or not visitor().sees_all() else listed(store, replace(query, owner=None)).runs
    newest = {run.id: run for run in own or others}
    every = known | newest
    st.session_state[PICKED] = ids
    st.multiselect(
        "Trainings",
        [*dict.fromkeys([*ids, *newest])],
        key=PICKED,
        format_func=lambda run_id: described(every[run_id]),
        max_selections=MAX_SIDE_BY_SIDE,
        on_change=write_picked,
        placeholder=f"up to {MAX_SIDE_BY_SIDE} of your newest; the page Runs finds others",
    )
    return [every[run_id] for run_id in ids]


def described(run: ListedRun) -> str:
    """A run in the control."""
    task = f"{name_of(MODELS, run.model)} on {name_of(DATASETS, run.data)}"
    return " · ".join(filter(None, (run.name, task, metric_in_words(run.metric, run.value), run.id)))


def draw(ids: Sequence[str], over: str, was_open: bool) -> None:
    """Curves, results and settings of the runs as they are now; again when one of them has news."""
    with turns.turn("side_by_side, live"), pace.drawing():
        store = runs.runner().store
        news = news_of(store, *ids) or ""
        by_id = {run.id: run for run in listed(store, RunQuery(ids=tuple(ids))).runs}
        chosen = [by_id[run_id] for run_id in ids if run_id in by_id]
        is_open = any(not run.ended for run in chosen)
        draw_runs(chosen, over)
        if was_open and not is_open:
            st.rerun()  # the whole page once more, which then asks for nothing
        if is_open:
            ask_for_news(news, *ids)


def draw_runs(chosen: Sequence[ListedRun], over: str) -> None:
    """Everything about them."""
    shown, every = with_records(chosen), labels(chosen)
    if not shown:
        return
    groups: dict[str, list[Shown]] = {}
    for one in shown:
        groups.setdefault(one.started["metric"], []).append(one)
    if len(groups) > 1:
        explain_metrics(groups)
    for metric, group in groups.items():
        draw_group(metric, group, every, over, moments(group, over))
    draw_films(shown, every)
    draw_results(shown, every)
    draw_settings(shown, every)
    st.header("To a target")
    draw_target(shown, every)


heading("side_by_side", "Up to six trainings in the same charts; or fork one into two, and let them race.")
chosen = choose_runs()
if not chosen:
    st.info("Choose trainings above, or select some on **Runs** and press **Side by side** there.")
    st.stop()
over = bound(
    st.segmented_control,
    "Curves over",
    OVER,
    "step",
    key="over",
    names={key: key.capitalize() for key in OVER},
)
is_open = any(not run.ended for run in chosen)
ids = [run.id for run in chosen]
runs.live(lambda: draw(ids, over, is_open))
with st.expander("Start a race", icon=":material/flag:"):
    draw_race(chosen)
