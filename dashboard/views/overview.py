"""The overview, tested: every statement of the text as an experiment with a verdict."""

from __future__ import annotations

import streamlit as st

from core.experiments.overview.lessons import LESSONS
from core.experiments.overview.registry import STATEMENTS
from core.runs.verdicts import JOBS
from dashboard.components import runs
from dashboard.components.layout import heading
from dashboard.components.markdown import escaped
from dashboard.statements.chapters import draw_all
from dashboard.statements.lesson import draw_lesson
from dashboard.statements.one import draw_statement

key, lesson = st.query_params.get("statement"), st.query_params.get("lesson")
run = runs.addressed_run(*JOBS)
lesson = lesson if lesson in LESSONS else None
if key in STATEMENTS:
    draw_statement(str(key), run, lesson)
elif lesson:
    draw_lesson(lesson, run)
else:
    heading(
        "overview",
        "A text of 2021 sums up deep learning in some twenty sentences. Which of them are true? Each is "
        "tested here by an experiment on this machine: say what you think, then see.",
    )
    unknown = key or st.query_params.get("lesson")
    if unknown:
        st.warning(f"There is no statement or lesson “{escaped(unknown[:40])}”; choose one below.")
    draw_all(run)
