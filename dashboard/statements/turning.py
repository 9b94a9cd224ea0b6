"""The slider on which a statement turns: each value is tested in a second or two."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.experiments.overview.config import StatementsConfig
from core.experiments.overview.registry import STATEMENTS
from core.experiments.statement import QUICK, Slider
from core.records import to_record
from core.runs import verdicts
from core.runs.status import FINISHED
from dashboard.components.markdown import escaped
from dashboard.components.runs import request, runner, submit, wait_for
from dashboard.statements import verdict

_TURNED = "sliders that were moved"
_RUNS = "runs of slider values"  # by statement and value, the run that tests it


def draw_slider(key: str) -> None:
    """The slider, and the verdict at its value."""
    slider = STATEMENTS[key].slider
    if slider is None:
        return
    st.header("Turn it")
    st.markdown(f"The verdict turns on {STATEMENTS[key].condition}.")
    value = st.select_slider(
        slider.label,
        slider.values,
        key=f"slider of {key}",
        format_func=slider.in_words,
        on_change=_note_turned,
        args=(key,),
    )
    if key in st.session_state.get(_TURNED, ()):
        _follow(_run_of(key, slider, value), f"{slider.label}: {slider.in_words(value)}")
    else:
        st.caption("Move it: the experiment runs again with that value, and the verdict follows.")


def _note_turned(key: str) -> None:
    """Nothing runs before a person has moved the slider, and no longer what was moved past.

    A value whose run came to nothing is tested again when the slider comes back to it.
    """
    st.session_state[_TURNED] = {*st.session_state.get(_TURNED, ()), key}
    tests = st.session_state.setdefault(_RUNS, {})
    for at, run_id in [*tests.items()]:
        run = runner().store.get(run_id)
        if run and not run.ended:
            request(run_id, "stop")
        if run is None or run.status != FINISHED:
            del tests[at]


def _run_of(key: str, slider: Slider, value: Any) -> str:
    """The run that tests this value, started if this session has not asked for it before."""
    known = st.session_state.setdefault(_RUNS, {})
    if (key, value) not in known or runner().store.get(known[key, value]) is None:
        config = StatementsConfig((key,), QUICK, {**slider.quick, slider.setting: (value,)})
        known[key, value] = submit("statement_value", to_record(config))
    return str(known[key, value])


def _follow(run_id: str, at: str) -> None:
    """The verdict at a value as soon as it is there."""
    run = runner().store.get(run_id)
    if run and not run.ended:
        wait_for(run_id, lambda: st.caption(f"Testing {escaped(at)} …"))
        return
    found = verdicts.results_of(runner().store, run_id)
    if not found:
        st.warning(escaped((run and run.message) or "It was stopped."))
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{escaped(at)}**")
            verdict.badge(found[0].verdict)
        for sentence in verdict.sentences(found[0]):
            st.markdown(sentence)
