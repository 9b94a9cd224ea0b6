"""The films of several trainings, in step with each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from core.training.snapshots import selected
from dashboard.charts.side_by_side import OVER
from dashboard.components import runs
from dashboard.film.of_run import of_run
from dashboard.film.together import Seat, films_together
from dashboard.run_list.records import Shown
from dashboard.training.film_content import has_network, main_snapshot, what_to_learn

KEY = "films"
MOMENT = "moment of the films"  # the step at which each run is, by its address


def draw_films(shown: Sequence[Shown], every: Sequence[str]) -> None:
    """All films with one time line, and how it is read."""
    st.subheader("Films in step")
    st.caption(
        "One time line drives all: by step, by the share of each training, or by its seconds. Each film "
        "shows its newest frame up to that moment; where they stop, rules in the curves above mark the place."
    )
    films_together([seat_of(one, every) for one in shown], KEY, on_moment=keep_moment)


def keep_moment() -> None:
    """Remember where a person has stopped the films."""
    st.session_state[MOMENT] = st.session_state[KEY]["moment"]


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
    steps = st.session_state.get(MOMENT) or {}
    return {one.label: place_of(steps[one.run.id], one, over) for one in shown if one.run.id in steps}


def place_of(step: float, one: Shown, over: str) -> float:
    """A step of a run on an axis, on the line between the ends of its epochs."""
    if over == "step":
        return float(step)
    known = [0, *(epoch["step"] for epoch in one.epochs)]
    return float(np.interp(step, known, [0, *(epoch[OVER[over][0]] for epoch in one.epochs)]))
