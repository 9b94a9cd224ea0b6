"""Short trainings to export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.events import Checkpoint, Picture, Progress, event_record
from core.export.run import TrainingRun
from core.training.config import default_config
from core.training.loop import train


def trained(model: str, data: str | None = None, **settings: Any) -> TrainingRun:
    """A short training, as a folder or the run store would keep it."""
    config = default_config(model, data, **({"epochs": 2, "snapshot_every_s": None} | settings))
    records, state = [], None
    for event in train(config, checkpoint_every_s=1000):
        if isinstance(event, Checkpoint):
            state = event.state
        elif not isinstance(event, Progress | Picture):
            records.append(event_record(event))
    return TrainingRun(config, records, state)


@pytest.fixture(scope="session")
def moons() -> TrainingRun:
    """A small network on points, by the eager engine."""
    return trained("mlp", "moons", engine="eager", samples=200, epochs=4)


@pytest.fixture(scope="session")
def iris() -> TrainingRun:
    """A small network of a table."""
    return trained("mlp", "iris", hidden=(4,))


@pytest.fixture(scope="session")
def train_briefly() -> Callable[..., TrainingRun]:
    """trained(), for settings of a test's own."""
    return trained
