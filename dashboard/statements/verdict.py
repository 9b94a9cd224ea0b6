"""A verdict on the screen: one colour, one icon and one word for each."""

from __future__ import annotations

import time
from typing import Literal

import streamlit as st

from core.experiments.overview import results
from core.experiments.overview.results import Result
from core.experiments.statement import FULL
from core.experiments.verdicts import (
    DEPENDS,
    NOT_MEASURED,
    REFUTED,
    SUPPORTED,
    UNSURE,
    Judgement,
)
from core.runs import verdicts
from core.runs.verdicts import Verdict
from dashboard.components.markdown import escaped
from dashboard.components.runs import runner

Colour = Literal["green", "red", "orange", "gray"]
LOOKS: dict[str, tuple[str, Colour, str]] = {
    SUPPORTED: (":material/check_circle:", "green", "The measurement supports it"),
    REFUTED: (":material/cancel:", "red", "The measurement contradicts it"),
    DEPENDS: (":material/tune:", "orange", "True under one condition, false under another"),
    UNSURE: (":material/help:", "gray", "The interval decides nothing yet"),
    NOT_MEASURED: (":material/block:", "gray", "This machine lacks what it takes"),
}

# What a reader may think, and the verdict that says the same.
ANSWERS = {"True": SUPPORTED, "False": REFUTED, "It depends": DEPENDS}
_ANSWERS = "answers to statements"


def badge(verdict: str) -> None:
    """The verdict in its colour."""
    icon, colour, help = LOOKS[verdict]
    st.badge(verdict.capitalize(), icon=icon, color=colour, help=help)


def when(result: Result) -> str:
    """The effort, the date and what it took, in a few words."""
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(result.ended_at))
    effort = "full" if result.effort == FULL else "quick"
    return f"{effort}, {result.elapsed_s:.0f} s, {day}"


def newest() -> dict[str, Verdict]:
    """The newest verdict of each statement on this server."""
    return dict(verdicts.newest(runner().store, _of_ended_run))


def has_come(key: str, run_id: str) -> bool:
    """Whether a run that has ended came to a verdict on a statement."""
    return key in {result.statement for result in _of_ended_run(run_id)}


@st.cache_data(max_entries=200, show_spinner=False)
def _of_ended_run(run_id: str) -> list[Result]:
    return verdicts.results_of(runner().store, run_id)


def main_judgement(result: Result) -> Judgement | None:
    """The claim that says most: the first that counts with the statement's verdict, or else the first."""
    counting = [one for one in result.judgements if one.counts]
    alike = [one for one in counting if one.verdict == result.verdict]
    return next(iter(alike or counting), None)


def sentences(result: Result) -> list[str]:
    """The number that decides, with its interval; for a verdict that depends one of each side. Markdown."""
    if result.reason:
        return [escaped(result.reason)]
    counting = [one for one in result.judgements if one.counts]
    if result.verdict == DEPENDS:
        sides = [
            next((one for one in counting if one.verdict == side), None) for side in (SUPPORTED, REFUTED)
        ]
        return [_sentence(one) for one in sides if one]
    one = main_judgement(result)
    return [_sentence(one)] if one else []


def _sentence(one: Judgement) -> str:
    """Whether a claim holds under its condition, and the number that says so."""
    word = {SUPPORTED: "True", REFUTED: "False"}.get(one.verdict, "Undecided")
    return f"**{word}** ({escaped(one.condition)}): {escaped(one.says)}. {_measured(one)}"


def _measured(one: Judgement) -> str:
    value = one.value[0].upper() + one.value[1:]
    return f"*{escaped(value)}: {escaped(results.number_in_words(one))}.*"


def answer_of(statement: str) -> str | None:
    """What this reader thinks of a statement."""
    return st.session_state.get(_ANSWERS, {}).get(statement)


def hides(statement: str, lesson: str | None) -> bool:
    """Whether a verdict that is known waits for what the reader thinks: in a lesson, before an answer."""
    return lesson is not None and answer_of(statement) is None


def keep_answer(statement: str, answer: str) -> None:
    """Remember it for the session."""
    st.session_state.setdefault(_ANSWERS, {})[statement] = answer
