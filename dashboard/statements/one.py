"""The page of one statement: sentence, prediction, the experiment in one picture, verdict, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.events import Picture
from core.experiments.overview import results
from core.experiments.overview.lessons import LESSONS, statements_of
from core.experiments.overview.registry import STATEMENTS
from core.experiments.overview.results import Drawn, Result
from core.experiments.statement import FULL, QUICK, Statement
from core.experiments.statement_events import Fact
from core.runs.store import Run
from dashboard.charts import statement as charts
from dashboard.components import runs
from dashboard.components.markdown import escaped
from dashboard.pages import PAGES
from dashboard.statements import verdict
from dashboard.statements.cards import active_runs, link, start_tests
from dashboard.statements.turning import draw_slider

MAX_FACTS = 3  # that stand open


def draw_statement(key: str, run: Run | None, lesson: str | None) -> None:
    """All of it; the picture and the verdict are of the run. lesson: the one that led here, if one did."""
    entry = STATEMENTS[key]
    _draw_ways(key, lesson)
    st.title(entry.title)
    st.header(entry.sentence, anchor=False)
    st.markdown(entry.sentence_zh)
    st.caption(f"The text, section “{entry.section}” ({entry.section_zh})")
    if run and key not in run.config["statements"]:
        st.warning("The run in the address tests other statements; below is what is known of this one.")
        run = None
    hidden = run is None and verdict.hides(key, lesson)
    run = run or _run_of(key)
    _draw_question(key, entry, run)
    if run and hidden:
        st.caption("It has been tested here. Say what you think, and the verdict is shown.")
    elif run:
        of_several = run.ended and len(run.config["statements"]) > 1 and verdict.has_come(key, run.id)
        runs.follow(
            run,
            lambda now, records, pictures: _draw_found(key, now, records, pictures),
            show_state=not of_several,  # its time is that of all of them
        )
    draw_slider(key)
    _draw_why(entry)


def _run_of(key: str) -> Run | None:
    """This session's run that tests it now, or else the one with the newest verdict on this server."""
    active = [run for run in active_runs() if key in run.config["statements"]]
    known = verdict.newest().get(key)
    return active[-1] if active else runs.runner().store.get(known.run_id) if known else None


def _draw_ways(key: str, lesson: str | None) -> None:
    """Back to the lesson or to all statements, and to those before and after it there."""
    order = [*statements_of(LESSONS[lesson])] if lesson else [*STATEMENTS]
    back = f"Lesson: {LESSONS[lesson].title}" if lesson else "All statements"
    at = order.index(key) if key in order else len(order)
    with st.container(horizontal=True):
        link(f":material/arrow_back: {back}", "back", lesson=lesson)
        for word, other in (
            ("Previous", order[at - 1] if at else None),
            ("Next", order[at + 1] if at + 1 < len(order) else None),
        ):
            if other:
                link(f"{word}: {STATEMENTS[other].title}", word, statement=other, lesson=lesson)


def _draw_question(key: str, entry: Statement, run: Run | None) -> None:
    """What the reader thinks, and the buttons that test it; a first answer does so too."""
    with st.container(border=True):
        st.markdown(f"**What do you think?** {entry.question}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("The sentence above is", width="content")
            for answer in verdict.ANSWERS:
                chosen = verdict.answer_of(key) == answer
                if st.button(answer, key=f"answer {answer}", type="primary" if chosen else "secondary"):
                    verdict.keep_answer(key, answer)
                    if run is None:
                        start_tests((key,), QUICK)
                    st.rerun()
            st.space("stretch")
            if st.button("Test it", key="test", type="primary", icon=":material/play_arrow:"):
                start_tests((key,), QUICK)
            if st.button(
                "Test it in full", key="test in full", help="More seeds and longer, up to five minutes."
            ):
                start_tests((key,), FULL)


def _draw_found(key: str, run: Run, records: list[dict[str, Any]], pictures: dict[str, Picture]) -> None:
    """The verdict on top, the picture below it, and how it was decided."""
    at = run.ended_at or run.seen_at or run.created_at
    came = {
        one.statement: one for one in results.from_records(records, at, run.environment, pictures.values())
    }
    result = came.get(key)
    if result:
        _draw_verdict(key, result)
    so_far = results.drawn_so_far(records)
    if not result and so_far and so_far.statement != key:
        st.caption("It was not its turn yet." if run.ended else "Other statements of this run come first.")
        return
    _draw_picture(key, result, so_far, pictures)
    if result:
        _draw_decision(result)


def _draw_verdict(key: str, result: Result) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            verdict.badge(result.verdict)
            answer = verdict.answer_of(key)
            if answer:
                same = verdict.ANSWERS[answer] == result.verdict
                st.markdown(f"You said: {answer.lower()}{', and so says the measurement' if same else ''}.")
        for sentence in verdict.sentences(result):
            st.markdown(sentence)
        if result.verdict == verdict.DEPENDS and not STATEMENTS[key].slider:
            st.markdown(f"It turns on {STATEMENTS[key].condition}.")
        st.caption(f"{verdict.when(result)}, on this machine.")


def _draw_picture(
    key: str, result: Result | None, so_far: Drawn | None, pictures: dict[str, Picture]
) -> None:
    entry = STATEMENTS[key]
    images = results.images_of(key, pictures.values())
    series = result.series if result else so_far.series if so_far and so_far.statement == key else ()
    chart = charts.picture(entry.plot, series, images)
    with st.container(height=440, border=False) if not chart and not result else st.container():
        if chart:
            st.altair_chart(chart, key="picture")
            st.caption(entry.plot.look)
    _draw_facts(result.facts if result else ())


def _draw_facts(facts: Sequence[Fact]) -> None:
    """A few stand below the picture; of many each would hide the others."""
    several = len(facts) > MAX_FACTS
    with st.expander("What else was found") if several else st.container():
        for fact in facts:
            st.markdown(f"**{escaped(fact.name)}**: {escaped(fact.text)}")


def _draw_decision(result: Result) -> None:
    """Every claim with its number and interval, and the conditions of the measurement."""
    with st.expander("How it was decided"):
        rows = [
            {
                "Verdict": one.verdict,
                "Under": one.condition,
                "It would be true if": one.says,
                "Measured": results.number_in_words(one),
                "Of": one.value,
                "Samples": one.samples,
                "Counts": one.counts,
            }
            for one in result.judgements
        ]
        if rows:
            st.dataframe(pd.DataFrame(rows), hide_index=True, key="claims")
        settings = results.settings_in_words(result)
        st.caption(
            "A claim is supported where its whole interval lies on the stated side, refuted where it lies "
            "wholly on the other. Together the intervals hold with 95%. "
            f"Settings: {escaped(settings)}. {escaped(_machine(result))}"
        )


def _machine(result: Result) -> str:
    found = result.environment
    parts = [f"torch {found['torch']}" if found.get("torch") else "", str(found.get("cpu") or "")]
    return ", ".join(part for part in parts if part)


def _draw_why(entry: Statement) -> None:
    st.header("Why")
    st.markdown(" ".join(entry.why))
    st.latex(entry.formula)
    st.markdown(f"**Holds in this reading:** {entry.strongest}")
    if entry.links:
        st.markdown("**Try more**")
        for link in entry.links:
            page = PAGES[link.page]
            st.page_link(page.file, label=link.label, icon=page.icon, query_params=dict(link.query))
    st.markdown("**Sources**")
    for source in entry.sources:
        st.markdown(f"- [{source.reference}]({source.url})" if source.url else f"- {source.reference}")
