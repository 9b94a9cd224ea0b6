"""Changes of a network at its drawing: they set the form's controls and start another training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.activations.expressions.expression import is_expression
from core.data import DATASETS
from core.models import MODELS
from core.models.layer_activations import NAME as PER_LAYER
from core.training import TrainConfig
from core.training.config import activations_of
from dashboard.training.form import layers_as_text, set_controls

_ASKED = "what was asked for at the drawing"


@dataclass
class Asked:
    """A training that no pass of the page has begun yet.

    start: whether one was asked for, by a change at the drawing or by Start
    change: the training that was drawn, and the network that is wanted; None for Start
    answered: the number of the last change
    """

    start: bool = False
    change: tuple[TrainConfig, Mapping[str, Any]] | None = None
    answered: int = 0

    def begin(self) -> None:
        """It is begun, or cannot be."""
        self.start, self.change = False, None


def asked_for() -> Asked:
    """What this session asks for: an object that stays, since a look at the session may end this pass."""
    kept: Asked = st.session_state.setdefault(_ASKED, Asked())
    return kept


def ask_for(ran: TrainConfig, wanted: Mapping[str, Any]) -> None:
    """Ask for the training of a network that was changed at a run's drawing.

    A change has a number, and may come more than once: the drawing sends it until it has its answer.
    """
    asked = asked_for()
    if wanted["number"] > asked.answered:
        asked.answered, asked.change, asked.start = int(wanted["number"]), (ran, wanted), True


def set_controls_as_asked() -> None:
    """Set the controls to the network that was asked for at a drawing, before they are drawn.

    Not when the change comes: until it has drawn them again the browser sends what they said before. Other
    controls stay; where they are of another network or other data, they become those of the run.
    """
    change = asked_for().change
    if change is None:
        return
    ran, wanted = change
    state = st.session_state
    if (state.get("model"), state.get("data")) != (ran.model, ran.data):
        set_controls(ran)
    state["hidden"] = layers_as_text(wanted["hidden"])
    if "features" in DATASETS[ran.data].options:
        state["features"] = list(wanted["features"])
    if PER_LAYER in MODELS[ran.model].options:
        _set_activations(ran, wanted["activations"])


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
