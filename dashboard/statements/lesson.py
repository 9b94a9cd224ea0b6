"""A lesson: its statements in order, a question that a slider answers, and a work sheet."""

from __future__ import annotations

import streamlit as st

from core.experiments.overview import work_sheet
from core.experiments.overview.lessons import LESSONS, MINUTES, statements_of
from core.experiments.overview.registry import STATEMENTS
from core.experiments.statement import QUICK
from core.runs.store import Run
from dashboard.components.downloads import File, downloads
from dashboard.statements.cards import draw_cards, draw_followed, link, start_tests


def draw_lesson(key: str, run: Run | None) -> None:
    """All of it. Its address is what a teacher gives out."""
    lesson, steps = LESSONS[key], statements_of(LESSONS[key])
    number = [*LESSONS].index(key) + 1
    _draw_ways(key)
    st.title(f"Lesson {number}: {lesson.title}")
    st.markdown(f"{lesson.aim} {MINUTES} minutes. Open each statement, say what you think, then test it.")
    if st.button("Test them all", icon=":material/play_arrow:"):
        start_tests(steps, QUICK)
        return
    draw_followed(run, lambda known, testing: draw_cards(steps, known, testing, key))
    with st.container(border=True):
        st.markdown(f"**To find out.** {lesson.question}")
        turned = steps[lesson.statements.index(lesson.turn)]
        link(f"Turn the slider of “{STATEMENTS[turned].title}”", "slider", statement=turned, lesson=key)
        with st.expander("The answer"):
            st.markdown(lesson.answer)
    sheet = work_sheet.as_html(lesson, str(st.context.url or ""))
    downloads(File("Work sheet to print", f"work-sheet-{key}.html", sheet, "text/html"))


def _draw_ways(key: str) -> None:
    order = [*LESSONS]
    at = order.index(key)
    with st.container(horizontal=True):
        link(":material/arrow_back: All statements", "all statements")
        for word, other in (("Previous", order[at - 1] if at else None), ("Next", [*order, None][at + 1])):
            if other:
                link(f"{word}: {LESSONS[other].title}", word, lesson=other)
