"""Changes of a network at its drawing: they set the form's controls and start another training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.activations.expressions.expression import is_expression
from core.data import DATASETS
from core.models import MODELS
from core.models.layer_activations import NAME as PER_LAYER
from core.training import TrainConfig
from core.training.config import activations_of
from dashboard.training.form import layers_as_text, set_controls

_ASKED, _ANSWERED = "start what was drawn", "number of the last change at the drawing"


def ask_for(ran: TrainConfig, wanted: Mapping[str, Any]) -> None:
    """Set the controls to a network that was asked for at a run's drawing, and ask for its training.

    Other controls stay; where they are of another network or other data, they become those of the run. A
    change has a number, and may come more than once: the drawing sends it until it has its answer.
    """
    state = st.session_state
    if wanted["number"] <= answered():
        return
    if (state.get("model"), state.get("data")) != (ran.model, ran.data):
        set_controls(ran)
    state["hidden"] = layers_as_text(wanted["hidden"])
    if "features" in DATASETS[ran.data].options:
        state["features"] = list(wanted["features"])
    if PER_LAYER in MODELS[ran.model].options:
        _set_activations(ran, wanted["activations"])
    asked_for()["start"] = True
    state[_ANSWERED] = int(wanted["number"])


def _set_activations(ran: TrainConfig, wanted: Sequence[str]) -> None:
    """Of each hidden layer; where all have the one that they had, the controls of that one stay."""
    state, several = st.session_state, len({*wanted}) > 1
    state[PER_LAYER] = ", ".join(wanted) if several else ""
    if several or not wanted or (*wanted,) == activations_of(ran)[:1] * len(wanted):
        return
    (one,) = {*wanted}
    if is_expression(one):
        state["own"] = one
    else:
        state["activation"], state["own"] = one, ""


def answered() -> int:
    """The number of the last change at a drawing in this session."""
    return int(st.session_state.get(_ANSWERED, 0))


def asked_for() -> dict[str, bool]:
    """Whether to "start" a training with what the controls say.

    An object that stays, since a look at the session may end this pass of the page.
    """
    kept: dict[str, bool] = st.session_state.setdefault(_ASKED, {"start": False})
    return kept
