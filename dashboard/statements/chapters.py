"""The text's chapters in order, a card a statement, and what tests one, a chapter or all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.events import Picture
from core.experiments.chapters import CHAPTERS
from core.experiments.overview import results
from core.experiments.overview.config import StatementsConfig
from core.experiments.overview.registry import STATEMENTS
from core.experiments.statement import FULL, QUICK
from core.runs.store import Run
from core.runs.verdicts import Verdict
from dashboard.components import runs
from dashboard.components.markdown import escaped
from dashboard.statements import verdict

EFFORTS = {QUICK: "Quick (seconds each)", FULL: "Full (minutes each)"}


def draw_all(run: Run | None) -> None:
    """Every chapter; while a run of this page goes, its verdicts as they come."""
    effort = _bar()
    known = verdict.newest()
    if run is None:
        _draw_chapters(known, effort, "")
        return

    def draw(now: Run, records: list[dict[str, Any]], pictures: dict[str, Picture]) -> None:
        at = now.ended_at or now.seen_at or now.created_at
        came = results.from_records(records, at, now.environment, pictures.values())
        mine = {one.statement: Verdict(now.id, one) for one in came}
        so_far = results.drawn_so_far(records)
        testing = so_far.statement if so_far and not now.ended and so_far.statement not in mine else ""
        _draw_chapters(known | mine, effort, testing)

    runs.follow(run, draw)


def link(label: str, key: str, statement: str | None = None, run_id: str | None = None) -> None:
    """The way to a statement, or to all of them. A link to the page that is open would lose the address."""
    if st.button(label, key=key, type="tertiary"):
        st.query_params.from_dict(
            {name: value for name, value in (("statement", statement), ("run", run_id)) if value}
        )
        st.rerun()


def start_tests(statements: tuple[str, ...], effort: str) -> None:
    """Start a run of them."""
    config = StatementsConfig(statements, effort)
    runs.start(config.job, config)


def _bar() -> str:
    """The buttons above all chapters; the effort that is chosen."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button("Test all", type="primary", icon=":material/play_arrow:"):
            start_tests(tuple(STATEMENTS), _effort())
            st.rerun()
            return QUICK
        chosen = st.segmented_control(
            "Effort",
            [*EFFORTS],
            default=QUICK,
            key="effort",
            format_func=EFFORTS.__getitem__,
            label_visibility="collapsed",
            required=True,
        )
    return str(chosen)


def _effort() -> str:
    return str(st.session_state.get("effort") or QUICK)


def _draw_chapters(known: Mapping[str, Verdict], effort: str, testing: str) -> None:
    for key, chapter in CHAPTERS.items():
        mine = {name: entry for name, entry in STATEMENTS.items() if entry.chapter == key}
        if not mine:
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"{chapter.title} · {chapter.title_zh}", anchor=key)
            if st.button("Test this chapter", key=f"test {key}", icon=":material/play_arrow:"):
                start_tests(tuple(mine), effort)
                st.rerun()
        _draw_cards([*mine], known, testing)


def _draw_cards(keys: list[str], known: Mapping[str, Verdict], testing: str) -> None:
    """Two in a row; on a phone one."""
    for first in range(0, len(keys), 2):
        for column, key in zip(st.columns(2), keys[first : first + 2], strict=False):
            with column.container(border=True, height="stretch"):
                _draw_card(key, known.get(key), key == testing)


def _draw_card(key: str, known: Verdict | None, testing: bool) -> None:
    entry = STATEMENTS[key]
    link(f"**{entry.number} · {entry.title}**", f"open {key}", key, known.run_id if known else None)
    st.markdown(entry.sentence)
    with st.container(horizontal=True, vertical_alignment="center"):
        if testing:
            st.badge("Testing", icon=":material/hourglass_top:", color="blue")
        elif known:
            verdict.badge(known.result.verdict)
            st.caption(verdict.when(known.result))
        else:
            st.badge("Not tested here yet", color="gray")
    answer = verdict.answer_of(key)
    if answer:
        st.caption(f"You said: {escaped(answer.lower())}.")
