"""Beside a convolutional network: what an MLP needs for the same images, and what its kernels save."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.errors import InvalidRequest
from core.layers.same_task import same_task
from core.models import MODELS
from core.records import from_record
from core.runs.store import Run
from core.training import TrainConfig
from dashboard.components.number_text import in_short


def say_same_task(run: Run, started: Mapping[str, Any]) -> None:
    """One line on a run's network, by its "training_started" record, with the way to each of its layers."""
    try:
        config = from_record(TrainConfig, run.config)
    except InvalidRequest:  # a run of another version, with settings that are none here
        return
    mlp = same_task(config, tuple(started["input_shape"]), started["outputs"])
    if mlp is None:
        return
    text = f"The same task as an MLP with {hidden_text(mlp.hidden)}: {mlp.parameters:,} parameters."
    if mlp.unshared_parameters is not None:
        name, parameters = MODELS[config.model].name, started["parameters"]
        text += (
            f" {name} has {parameters:,}; were its convolutions fully connected layers, it would have "
            f"{in_short(mlp.unshared_parameters)}: one kernel serves all places."
        )
    st.caption(f"{text} [Each layer](layers?run={run.id})")


def hidden_text(hidden: tuple[int, ...]) -> str:
    """Units of hidden layers in words."""
    return f"{' and '.join(f'{units:,}' for units in hidden)} hidden units"
