"""The films of several trainings, in step with each other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.training.snapshots import selected
from dashboard.charts.side_by_side import OVER
from dashboard.components import runs
from dashboard.film.of_run import of_run
from dashboard.film.together import OVERS, Moment, Seat, films_together
from dashboard.run_list.records import Shown
from dashboard.training.film_content import has_network, main_snapshot, what_to_learn

KEY = "films"
REPORTED = "moment of the films"  # what the films said when they were stopped: over, at, and each run's step
DIGITS = 9  # of a moment in the address, as the films round it
NUMBER = re.compile(r"\d+(\.\d+)?(e[-+]?\d\d?)?", re.ASCII)


def draw_films(shown: Sequence[Shown], every: Sequence[str]) -> None:
    """All films with one time line, and how it is read."""
    st.header("Films in step")
    st.caption(
        "One time line drives all: by step, by the share of each training, or by its seconds. Each film "
        "shows its newest frame up to that moment; where they stop, rules in the curves above mark it, "
        "and the address holds it."
    )
    films_together([seat_of(one, every) for one in shown], KEY, keep_moment, addressed_moment())


def addressed_moment() -> Moment | None:
    """The moment of the films that the page's address names: `step=`, `share=` or `seconds=`."""
    for over in OVERS:
        text = st.query_params.get(over, "")
        if len(text) <= 2 * DIGITS and NUMBER.fullmatch(text):
            at = float(text)
            return Moment(over, min(at, 1.0) if over == "share" else at)
    return None


def keep_moment(reported: dict[str, Any]) -> None:
    """Put the moment at which a person has stopped the films into the address."""
    st.session_state[REPORTED] = reported
    for over in OVERS:
        st.query_params.pop(over, None)
    st.query_params[reported["over"]] = f"{reported['at']:.{DIGITS}g}"


def seat_of(one: Shown, every: Sequence[str]) -> Seat:
    """A run's network where that is small, else the panel that shows most of it."""
    store = runs.runner().store
    ended = one.stored.ended
    network = has_network(one.config, one.started) and (not ended or store.has_film(one.run.id))
    main = None if network else main_snapshot(store.picture_names(one.run.id) or selected(one.config))
    film = of_run(
        one.stored,
        one.started,
        one.metric,
        what_to_learn(one.config) if network else None,
        [main] if main else [],
    )
    return Seat(film, one.label, every.index(one.label))


def moments(shown: Sequence[Shown], over: str) -> Mapping[str, float]:
    """Where the films stand among their curves over a key of OVER, by label; none before they stopped."""
    moment = addressed_moment()
    if moment is None:
        return {}
    reported = st.session_state.get(REPORTED) or {}
    is_its = (reported.get("over"), reported.get("at")) == (moment.over, moment.at)
    steps = reported["steps"] if is_its else {}
    return {one.label: place_of(steps.get(one.run.id, step_of(moment, one)), one, over) for one in shown}


def step_of(moment: Moment, one: Shown) -> float:
    """The step of a run at a moment, on the line between the ends of its epochs."""
    if moment.over == "step":
        return moment.at
    steps = [0, *(epoch["step"] for epoch in one.epochs)]
    if moment.over == "share":
        return moment.at * (
            steps[-1] if one.stored.ended else one.started["steps_per_epoch"] * one.config.epochs
        )
    return float(np.interp(moment.at, [0, *(epoch["elapsed_s"] for epoch in one.epochs)], steps))


def place_of(step: float, one: Shown, over: str) -> float:
    """A step of a run on an axis, on the line between the ends of its epochs."""
    if over == "step":
        return float(step)
    known = [0, *(epoch["step"] for epoch in one.epochs)]
    return float(np.interp(step, known, [0, *(epoch[OVER[over][0]] for epoch in one.epochs)]))
