"""Runs: what has run on this server, to be found, named, continued, compared, exported and deleted."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import streamlit as st

from core.errors import InvalidRequest, StoreUnavailable
from core.runs.listing import MAX_ROWS, ListedRun, Listing, RunQuery, listed, rename
from core.runs.news import news_of
from core.tables import csv_of_records
from dashboard.components.downloads import JSON, File, downloads
from dashboard.components.layout import heading
from dashboard.components.markdown import escaped
from dashboard.components.runs import live, runner
from dashboard.components.visitor import is_shared
from dashboard.live.pace import pace
from dashboard.live.part import ask_for_news
from dashboard.live.turns import turns
from dashboard.run_list import actions
from dashboard.run_list.filters import ROWS, choose_query, sort_by
from dashboard.run_list.table import run_table

OPENED, WHOLE_PAGE = "run to open", "whole page"


def draw_list(query: RunQuery) -> None:
    """One page of the list, with what can be done; again by itself while one of its runs is at work."""
    cut, found = page_of(query)
    if not found.total:
        say_empty(query)
        return
    store, ids = runner().store, tuple(actions.selected_ids())
    actions.say_message()
    actions.draw_actions(listed(store, RunQuery(ids=ids, limit=MAX_ROWS)).runs if ids else ())
    fresh, open_ids = [found], open_among(found)

    def show() -> None:
        nonlocal open_ids
        with turns.turn("runs, live"), pace.drawing():
            news = news_of(store, *open_ids) if open_ids else None
            now = fresh.pop() if fresh and not open_ids else listed(store, cut)  # never older than its mark
            draw_table(cut, now)
            if at_work := open_among(now):
                ask_for_news(news if news and at_work == open_ids else "", *at_work)
            open_ids = at_work

    live(show)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{found.total:,}** run{'s' * (found.total != 1)}")
        if found.total > ROWS:
            st.pagination(-(-found.total // ROWS), key="page", bind="query-params")
    draw_downloads(query)


def page_of(query: RunQuery) -> tuple[RunQuery, Listing]:
    """The page of the list that the address names, or the last one where it has fewer."""
    number = max(1, int(st.session_state.get("page") or addressed_page()))
    while True:
        cut = replace(query, offset=(number - 1) * ROWS, limit=ROWS)
        found = listed(runner().store, cut)
        last = max(1, -(-found.total // ROWS))
        if number <= last:
            if found.total > ROWS:
                st.session_state["page"] = number
            return cut, found
        number = last


def addressed_page() -> int:
    """The number that stands in the address; 1 where none does."""
    text = st.query_params.get("page", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def open_among(found: Listing) -> tuple[str, ...]:
    """The runs of a list that have not ended."""
    return tuple(run.id for run in found.runs if not run.ended)


def draw_table(query: RunQuery, found: Listing) -> None:
    """The rows as they are now."""
    state = st.session_state
    if state.pop(WHOLE_PAGE, False) and state.get(OPENED) is None:
        st.rerun()
    opened = state.pop(OPENED, None)
    for run in found.runs:
        if not run.ended:
            runner().watched(run.id)
        if run.id == opened:
            actions.open_run(run)
    run_table(
        found.runs,
        query.sort,
        query.descending,
        actions.selected_ids(),
        state.setdefault(actions.VERSION, 0),
        actions.is_mine,
        {"sort": on_sort, "selected": on_selected, "open": on_open, "edited": on_edited},
    )


def on_sort(column: str) -> None:
    """A heading was clicked."""
    sort_by(column)
    st.session_state[WHOLE_PAGE] = True


def on_selected(now: dict[str, Any]) -> None:
    """A box was ticked; one that was ticked before the page changed the selection says nothing new."""
    if now["version"] == st.session_state.get(actions.VERSION):
        st.session_state[actions.SELECTED] = now["ids"]
        st.session_state[WHOLE_PAGE] = True


def on_open(run_id: str) -> None:
    """A name was clicked."""
    st.session_state[OPENED] = run_id


def on_edited(change: dict[str, str]) -> None:
    """A name or a note was typed."""
    try:
        run = listed(runner().store, RunQuery(ids=(change["id"],))).runs
        if run and actions.is_mine(run[0]):
            rename(runner().store, change["id"], **{change["field"]: change["text"]})
    except InvalidRequest as error:
        st.session_state[actions.MESSAGE] = str(error)
    st.session_state[WHOLE_PAGE] = True


def draw_downloads(query: RunQuery) -> None:
    """The whole list as files, each made when it is asked for."""

    def rows() -> list[dict[str, Any]]:
        found = listed(runner().store, replace(query, offset=0, limit=MAX_ROWS)).runs
        return [as_row(run) for run in found]

    def as_csv() -> str:
        flat = [{**row, "settings": json.dumps(row["settings"])} for row in rows()]
        return csv_of_records(flat)

    downloads(
        File("List as CSV", "runs.csv", as_csv),
        File("List as JSON", "runs.json", lambda: json.dumps(rows(), ensure_ascii=False, indent=1), JSON),
    )


def as_row(run: ListedRun) -> dict[str, Any]:
    """A run without whose it is."""
    return {name: value for name, value in asdict(run).items() if name != "owner"}


def say_empty(query: RunQuery) -> None:
    """Where there is nothing to list."""
    if query == RunQuery(owner=query.owner, sort=query.sort, descending=query.descending):
        st.info("No runs yet: start one on **Train**, and it is kept here.")
    else:
        st.info("No run is like that: search for less, or choose other filters.")


whose = "Every training, comparison and measurement"
if is_shared():
    whose = "Your trainings, comparisons and measurements"
heading("runs", f"{whose} that this server keeps; click a name to open it.")
store = runner().store
try:
    query = choose_query(store)
except StoreUnavailable:
    raise
except InvalidRequest as error:
    st.error(escaped(str(error)))
    st.stop()
draw_list(query)
