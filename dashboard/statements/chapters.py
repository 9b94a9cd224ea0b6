"""All statements by the text's chapters, the lessons, and the report."""

from __future__ import annotations

import streamlit as st

from core.experiments.chapters import CHAPTERS
from core.experiments.overview import results
from core.experiments.overview.lessons import LESSONS
from core.experiments.overview.registry import STATEMENTS
from core.export.archive import made_by_worker
from core.runs.store import Run
from dashboard.components.downloads import File, downloads
from dashboard.components.runs import runner
from dashboard.statements.cards import Known, choose_effort, draw_cards, draw_followed, link, start_tests

REPORTS = {
    "html": ("Report as HTML", "text/html"),
    "md": ("Report as Markdown", "text/markdown"),
    "jsonl": ("Results as JSON lines", "application/jsonl"),
}


def draw_all(run: Run | None) -> None:
    """Every chapter; while a run of this page goes, its verdicts as they come."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pressed = st.button("Test all", type="primary", icon=":material/play_arrow:")
        effort = choose_effort()
    if pressed:
        start_tests([*STATEMENTS], effort)
        return
    _draw_lessons()
    draw_followed(run, lambda known, testing: _draw_chapters(known, effort, testing))


def _draw_lessons() -> None:
    with st.expander(
        f"{len(LESSONS)} lessons of ten minutes, in an order to learn by", icon=":material/school:"
    ):
        for number, (key, lesson) in enumerate(LESSONS.items(), 1):
            link(f"**{number}. {lesson.title}**: {lesson.aim}", f"lesson {key}", lesson=key)


def _draw_chapters(known: Known, effort: str, testing: str) -> None:
    if known:
        st.markdown(results.summary([one.result for one in known.values()]))
    for key, chapter in CHAPTERS.items():
        mine = [name for name, entry in STATEMENTS.items() if entry.chapter == key]
        if not mine:
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(f"{chapter.title} · {chapter.title_zh}", anchor=key)
            if st.button("Test this chapter", key=f"test {key}", icon=":material/play_arrow:"):
                start_tests(mine, effort)
        draw_cards(mine, known, testing)
    if known:
        _draw_reports()


def _draw_reports() -> None:
    """Made by a worker when one is asked for, of the newest verdicts."""
    files = [
        File(label, f"overview.{suffix}", lambda suffix=suffix: _made(suffix), mime)  # type: ignore[misc]
        for suffix, (label, mime) in REPORTS.items()
    ]
    st.header("Take it with you")
    downloads(*files)


def _made(suffix: str) -> str:
    return made_by_worker(runner().store, "report", "file", {"format": suffix}).decode()
