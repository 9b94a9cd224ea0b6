"""Each demonstration shows what it says, whatever the seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import log

import numpy as np
import pytest

from core.events import Picture
from core.training.config import default_config
from core.training.demonstrations import DEMONSTRATIONS, demonstrated_by
from core.training.events import EpochCompleted, TrainingFinished
from core.training.learners.registry import learner_for
from core.training.loop import train


@dataclass(frozen=True)
class Run:
    """What a training yielded."""

    epochs: list[EpochCompleted]
    pictures: dict[str, Picture]
    finished: TrainingFinished

    @property
    def last(self) -> EpochCompleted:
        return self.epochs[-1]


def trained(key: str, seed: int = 0, **settings: object) -> Run:
    config = replace(
        DEMONSTRATIONS[key].config(), seed=seed, snapshots=("dead_units", "layer_norms"), **settings
    )
    events = [*train(config)]
    (finished,) = [event for event in events if isinstance(event, TrainingFinished)]
    return Run(
        [event for event in events if isinstance(event, EpochCompleted)],
        {event.name: event for event in events if isinstance(event, Picture)},
        finished,
    )


def gradient_ratio(run: Run) -> float:
    """How long the first layer's gradient is beside the last one's, at the end."""
    first, *_, last = (row[np.isfinite(row)][-1] for row in run.pictures["layer_norms"].arrays["gradient"])
    return float(first / last)


def solves(run: Run) -> None:
    assert run.last.test_metric > 0.95


def stalls(run: Run) -> None:
    assert all(epoch.test_loss == pytest.approx(log(2), abs=0.04) for epoch in run.epochs)
    assert run.last.test_metric < 0.55
    assert gradient_ratio(run) < 1e-3


def is_rescued(run: Run) -> None:
    assert run.last.train_loss < 0.3
    assert gradient_ratio(run) > 0.1


def explodes(run: Run) -> None:
    assert run.finished.reason == "diverged"
    assert len(run.epochs) >= 3  # it is seen to grow
    assert run.last.train_loss > 10 * run.epochs[0].train_loss


def overfits(run: Run) -> None:
    assert run.last.train_metric == 1
    assert run.last.test_loss > 3 * min(epoch.test_loss for epoch in run.epochs)


def units_die(run: Run) -> None:
    dead = run.pictures["dead_units"].arrays["dead"]
    assert np.mean(dead) > 0.6
    assert run.last.test_metric < 0.9  # at best a straight border is left; how it ends differs by processor


def units_survive(run: Run) -> None:
    assert run.pictures["dead_units"].arrays["dead"].max() == 0
    assert run.last.test_metric > 0.8


def stays_straight(run: Run) -> None:
    assert run.last.test_metric < 0.7


def crawls(run: Run) -> None:
    assert 0.95 < run.last.train_loss / run.epochs[0].train_loss < 1


def falls_in_waves(run: Run) -> None:
    """The sharpness itself is measured in tests/core/landscape."""
    losses = np.array([epoch.train_loss for epoch in run.epochs])
    assert (np.diff(losses) > 0).mean() > 0.1
    assert losses[-1] < losses[0] / 5


SHOWN: dict[str, Callable[[Run], None]] = {
    "solve": solves,
    "stall": stalls,
    "normalize": is_rescued,
    "explode": explodes,
    "overfit": overfits,
    "die": units_die,
    "survive": units_survive,
    "straight": stays_straight,
    "crawl": crawls,
    "edge": falls_in_waves,
}


LONG = ("normalize", "edge")  # they take seconds; the others take tenths
EACH = [
    pytest.param(key, seed, marks=pytest.mark.slow if key in LONG and seed else ())
    for key in DEMONSTRATIONS
    for seed in range(3)
]


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize(("key", "seed"), EACH)
def test_what_there_is_to_see_is_seen(key: str, seed: int) -> None:
    assert_seen = SHOWN[key]
    assert_seen(trained(key, seed))


def test_at_a_tenth_of_the_rate_nothing_explodes() -> None:
    run = trained("explode", learning_rate=0.1)
    assert run.finished.reason == "completed"
    assert run.last.train_loss < run.epochs[0].train_loss


def test_the_parameters_and_samples_of_a_sentence_are_the_trainings() -> None:
    started = learner_for(DEMONSTRATIONS["overfit"].config()).started()
    assert (started.train_samples, started.parameters) == (30, 4417)


@pytest.mark.parametrize("key", DEMONSTRATIONS)
def test_a_demonstration_is_known_by_its_settings_whatever_its_seed(key: str) -> None:
    entry = DEMONSTRATIONS[key]
    assert entry.see.endswith(".")
    assert demonstrated_by(replace(entry.config(), seed=5, snapshots=())) is entry
    assert demonstrated_by(replace(entry.config(), epochs=entry.config().epochs + 1)) is None


def test_a_training_of_its_own_shows_none_of_them() -> None:
    assert demonstrated_by(default_config("mlp", "moons")) is None
    assert demonstrated_by(default_config("lenet")) is None
