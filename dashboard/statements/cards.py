"""Cards of statements with their verdicts, the ways between them, and what starts a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.events import Picture
from core.experiments.overview import results
from core.experiments.overview.config import StatementsConfig
from core.experiments.overview.registry import STATEMENTS
from core.experiments.statement import FULL, QUICK
from core.runs.store import Run
from core.runs.verdicts import Verdict
from dashboard.components import address, runs
from dashboard.components.address import bound
from dashboard.components.markdown import escaped
from dashboard.statements import verdict

EFFORTS = {QUICK: "Quick (seconds each)", FULL: "Full (minutes each)"}

_STARTED = "runs of statements that this session started"

Known = Mapping[str, Verdict]


def link(label: str, key: str, **query: str | None) -> None:
    """The way to what the query says on this page. A link to the page that is open would lose the address."""
    if st.button(label, key=key, type="tertiary"):
        address.changes().put("run", None)
        st.query_params.from_dict({name: value for name, value in query.items() if value})
        st.rerun()


def start_tests(statements: Sequence[str], effort: str) -> None:
    """Start a run of them, and draw the page with it.

    It takes the place of this session's runs that test nothing else; one of more statements stays.
    """
    config = StatementsConfig(tuple(statements), effort)
    active = []
    for run in active_runs():
        if set(run.config["statements"]) <= set(config.statements):
            runs.request(run.id, "stop")
        else:
            active.append(run.id)
    st.session_state[_STARTED] = [*active, runs.start(config.job, config, stop_previous=False)]
    st.rerun()


def active_runs() -> list[Run]:
    """This session's runs of statements that have not ended, in the order in which they were started."""
    store = runs.runner().store
    found = [store.get(run_id) for run_id in st.session_state.get(_STARTED, ())]
    return [run for run in found if run and not run.ended]


def choose_effort() -> str:
    """Quick or full."""
    chosen = bound(
        st.segmented_control,
        "Effort",
        EFFORTS,
        QUICK,
        key="effort",
        names=EFFORTS,
        label_visibility="collapsed",
        required=True,
    )
    return str(chosen)


def draw_followed(run: Run | None, draw: Callable[[Known, str], None]) -> None:
    """draw(known verdicts, the statement that is being tested), again and again while a run goes."""
    known = verdict.newest()
    run = run or max(active_runs(), key=lambda one: len(one.config["statements"]), default=None)
    if run is None:
        draw(known, "")
        return

    def show(now: Run, records: list[dict[str, Any]], pictures: dict[str, Picture]) -> None:
        at = now.ended_at or now.seen_at or now.created_at
        came = results.from_records(records, at, now.environment, pictures.values())
        mine = {one.statement: Verdict(now.id, one) for one in came}
        so_far = results.drawn_so_far(records)
        testing = so_far.statement if so_far and not now.ended and so_far.statement not in mine else ""
        draw(known | mine, testing)

    runs.follow(run, show)


def draw_cards(keys: Sequence[str], known: Known, testing: str, lesson: str | None = None) -> None:
    """Two in a row; on a phone one."""
    for first in range(0, len(keys), 2):
        for column, key in zip(st.columns(2), keys[first : first + 2], strict=False):
            with column.container(border=True, height="stretch"):
                _draw_card(key, known.get(key), key == testing, lesson)


def _draw_card(key: str, known: Verdict | None, testing: bool, lesson: str | None) -> None:
    entry = STATEMENTS[key]
    hidden = verdict.hides(key, lesson)
    run_id = known.run_id if known and not hidden else None
    link(
        f"**{entry.title}** :material/arrow_forward:",
        f"open {key}",
        statement=key,
        run=run_id,
        lesson=lesson,
    )
    st.markdown(entry.sentence)
    with st.container(horizontal=True, vertical_alignment="center"):
        if testing:
            st.badge("Testing", icon=":material/hourglass_top:", color="blue")
        elif known and hidden:
            st.badge("Say what you think first", icon=":material/help:", color="gray")
        elif known:
            verdict.badge(known.result.verdict)
            st.caption(verdict.when(known.result))
        else:
            st.badge("Not tested here yet", color="gray")
    answer = verdict.answer_of(key)
    if answer:
        st.caption(f"You said: {escaped(answer.lower())}.")
