"""A training ends when it was asked to, and says why."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import InvalidRequest
from core.training.config import default_config
from core.training.divergence import why_diverged, why_out_of_memory
from core.training.events import EpochCompleted, SettingChanged, TrainingFinished
from core.training.loop import train


def run(**settings: Any) -> tuple[list[EpochCompleted], TrainingFinished]:
    default = {"epochs": 200, "snapshot_every_s": None}
    events = list(train(default_config("mlp", "moons", **(default | settings))))
    finished = events[-1]
    assert isinstance(finished, TrainingFinished)
    return [event for event in events if isinstance(event, EpochCompleted)], finished


def test_target_ends_it_with_the_first_epoch_that_reaches_it() -> None:
    epochs, finished = run(target=0.9)
    assert finished.reason == "target"
    assert finished.value == epochs[-1].test_metric
    assert [(epoch.validation_metric or 0) >= 0.9 for epoch in epochs] == [False] * (len(epochs) - 1) + [True]


def test_the_weights_that_reached_the_target_stay() -> None:
    epochs, finished = run(target=0.9, patience=100)
    assert (finished.reason, finished.best_epoch) == ("target", None)
    assert finished.value == epochs[-1].test_metric


def test_plateau_ends_it_after_so_many_epochs_without_a_lower_loss() -> None:
    epochs, finished = run(patience=4, learning_rate=0.05)
    losses = [epoch.validation_loss or 0.0 for epoch in epochs]
    assert finished.reason == "plateau"
    assert losses.index(min(losses)) >= len(losses) - 1 - 4
    assert min(losses[-4:]) > min(losses[:-4]) * (1 - 1e-4)


@pytest.mark.parametrize("engine", ["eager", "auto"])
@pytest.mark.parametrize("steps", [7, 50, 123])
def test_steps_end_it_at_exactly_so_many(engine: str, steps: int) -> None:
    epochs, finished = run(max_steps=steps, engine=engine)
    assert (finished.reason, finished.steps) == ("steps", steps)
    assert epochs[-1].step == steps


def test_seconds_end_it() -> None:
    _, finished = run(max_seconds=0.2, epochs=10_000, engine="eager")
    assert finished.reason == "seconds"
    assert finished.elapsed_s >= 0.2


def test_without_conditions_it_completes() -> None:
    assert run(epochs=2)[1].reason == "completed"


@pytest.mark.parametrize("setting", [{"patience": 0}, {"max_steps": 0}, {"max_seconds": 0}])
def test_conditions_that_cannot_be_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=f"{next(iter(setting))} 0 is not possible"):
        default_config("mlp", **setting)


@pytest.mark.parametrize("engine", ["eager", "auto"])
def test_a_learning_rate_of_next_to_nothing_on_the_way_keeps_the_loss(engine: str) -> None:
    training = train(default_config("mlp", "moons", epochs=6, engine=engine, snapshot_every_s=None))
    events, losses, changes = [next(training)], [], None
    while True:
        try:
            event = training.send(changes)
        except StopIteration:
            break
        changes = None
        events.append(event)
        if isinstance(event, EpochCompleted):
            losses.append(event.test_loss)
            changes = {"learning_rate": 1e-6} if event.epoch == 3 else None
    changed = [event for event in events if isinstance(event, SettingChanged)]
    assert [(event.setting, event.after) for event in changed] == [("learning_rate", 1e-6)]
    assert losses[3:] == pytest.approx([losses[3]] * 3, rel=1e-2)


def test_cause_and_cure_fit_the_settings() -> None:
    wild = default_config("rnn", optimizer="sgd", learning_rate=100.0)
    assert "A learning rate of 100 is probably too large for sgd" in why_diverged(wild, 1)
    tame = default_config("rnn", optimizer="sgd", learning_rate=0.1)
    assert "try a tenth of the learning rate (0.01)" in why_diverged(tame, 3)


def test_running_out_of_memory_says_where_and_what_to_make_smaller() -> None:
    answer = why_out_of_memory(default_config("mlp", batch_size=64), 12)
    assert answer == (
        "The memory of cpu ran out after 12 steps, at a batch size of 64; try 32, or a smaller network."
    )
