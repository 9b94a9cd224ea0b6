"""What the film of a training shows: its network and the data of that, or panels of its snapshots."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st

from core.data import curves, load, points
from core.data.dataset import POINTS
from core.events import Picture
from core.training import TrainConfig
from core.training.film.drawn_from_weights import drawn_from_weights
from core.training.snapshots import SNAPSHOTS


def has_network(config: TrainConfig, started: Mapping[str, Any]) -> bool:
    """Whether the player draws a training's network out of its weights."""
    return drawn_from_weights(config, started["parameters"])


def what_to_learn(config: TrainConfig) -> Picture:
    """The points or samples that a training of this config gets, with the same split."""
    settings = {"samples": config.samples, "noise": config.noise, **config.data_options}
    given = tuple((name, value) for name, value in settings.items() if value is not None)
    return _points_of(config.data, config.seed, config.test_fraction, given)


@st.cache_data(max_entries=100, show_spinner=False)
def _points_of(data: str, seed: int, test_fraction: float, settings: tuple[tuple[str, Any], ...]) -> Picture:
    """Made once for all visitors."""
    loaded = load(data, seed=seed, test_fraction=test_fraction, **dict(settings))
    return points.picture(loaded) if loaded.kind == POINTS else curves.picture(loaded)


def main_snapshot(keys: Collection[str]) -> str | None:
    """Of these snapshots the one that shows most of a step: the first that is no history, nor of the data."""
    of_steps = [key for key in SNAPSHOTS if key in keys and not SNAPSHOTS[key].once]
    return next((key for key in of_steps if not SNAPSHOTS[key].history), next(iter(of_steps), None))
