"""Looking changes nothing: the same seed gives the same numbers with every snapshot and with none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from core.events import Picture
from core.training.config import TrainConfig, default_config
from core.training.events import EpochCompleted
from core.training.film.frames import frame_steps
from core.training.learners.registry import learner_for
from core.training.loop import train
from core.training.snapshots import schedule as schedule_module
from core.training.snapshots.catalogue import OUTPUTS, SNAPSHOTS, Snapshot, applicable
from core.training.snapshots.schedule import SnapshotSchedule
from core.training.stopwatch import Stopwatch

SMALL: dict[str, dict[str, Any]] = {
    "eager points": {"model": "mlp", "data": "moons", "engine": "eager", "samples": 60},
    "compiled points": {"model": "mlp", "data": "moons", "engine": "auto", "samples": 60},
    "dropout and batch norm": {
        "model": "mlp",
        "data": "moons",
        "samples": 60,
        "model_options": {"dropout": 0.3, "norm": "batch"},
    },
    "recurrent": {"model": "gru", "data": "parity", "samples": 60, "hidden": (4,)},
    "symbols": {"model": "lstm", "data": "copy_memory", "samples": 40, "hidden": (4,)},
    "graph": {"model": "gcn", "data": "karate_club"},
    "control": {"model": "q_table", "data": "frozen_lake"},
}


def config(name: str, **settings: Any) -> TrainConfig:
    """Of two epochs."""
    return default_config(**(SMALL[name] | {"epochs": 2, "seed": 5} | settings))


def scores(events: list[Any]) -> list[tuple[float, ...]]:
    """The numbers of each epoch."""
    return [
        (event.train_loss, event.test_loss, event.train_metric, event.test_metric)
        for event in events
        if isinstance(event, EpochCompleted)
    ]


@pytest.mark.parametrize("name", SMALL)
def test_same_numbers_with_every_snapshot_and_with_none(name: str) -> None:
    every = applicable(SMALL[name]["model"], SMALL[name]["data"])
    without = [*train(config(name, snapshots=(), snapshot_every_s=None))]
    random_before = torch.get_rng_state()
    # As often as can be: after every step that takes a twentieth of a second, and before and after all.
    looked_at = [*train(config(name, snapshots=every, snapshot_every_s=0.05))]
    assert scores(looked_at) == scores(without) != []
    assert torch.equal(torch.get_rng_state(), random_before)
    drawn = {event.name for event in looked_at if isinstance(event, Picture)}
    assert {*every} <= drawn


@pytest.mark.parametrize("name", ["eager points", "compiled points", "dropout and batch norm", "recurrent"])
def test_looking_between_two_steps_leaves_weights_gradients_and_optimiser_alone(name: str) -> None:
    every = applicable(SMALL[name]["model"], SMALL[name]["data"])
    learners = [learner_for(config(name, snapshots=every)) for _ in range(2)]
    looking = SnapshotSchedule(learners[0], Stopwatch())
    for _ in range(2):
        for batches in zip(*(learner.batches() for learner in learners), strict=True):
            losses = [learner.learn(batch) for learner, batch in zip(learners, batches, strict=True)]
            assert losses[0] == losses[1]
            gradients = [weight.grad for weight in learners[0].network.parameters()]  # type: ignore[attr-defined]
            kept = [None if gradient is None else gradient.clone() for gradient in gradients]
            list(looking.pictures())
            for weight, gradient, before in zip(
                learners[0].network.parameters(),  # type: ignore[attr-defined]
                gradients,
                kept,
                strict=True,
            ):
                assert weight.grad is gradient
                assert gradient is None or torch.equal(gradient, before)
    for ours, theirs in zip(flat(learners[0].state()), flat(learners[1].state()), strict=True):
        assert torch.equal(ours, theirs) if isinstance(ours, torch.Tensor) else ours == theirs


def flat(state: Any) -> list[Any]:
    """All tensors and values of a state, in order."""
    if isinstance(state, dict):
        return [leaf for value in state.values() for leaf in flat(value)]
    if isinstance(state, list | tuple):
        return [leaf for value in state for leaf in flat(value)]
    return [state]


def test_only_what_was_chosen_is_drawn() -> None:
    drawn = {
        e.name for e in train(config("eager points", snapshots=("confusion",))) if isinstance(e, Picture)
    }
    assert drawn == {"confusion"}
    drawn = {e.name for e in train(config("eager points", snapshots=())) if isinstance(e, Picture)}
    assert drawn == set()


def test_pictures_come_in_the_order_of_the_entries_and_one_of_each_at_a_time() -> None:
    looking = SnapshotSchedule(
        learner_for(config("eager points", snapshots=("embedding", "confusion", "decision_map"))), Stopwatch()
    )
    for _ in range(3):
        assert [p.name for p in looking.pictures()] == ["decision_map", "confusion", "embedding"]
    assert [name for name in SNAPSHOTS if name in ("decision_map", "confusion", "embedding")] == [
        "decision_map",
        "confusion",
        "embedding",
    ]


def test_the_data_is_drawn_once_and_before_the_first_step() -> None:
    drawn = [e for e in train(config("eager points", snapshot_every_s=0.05)) if isinstance(e, Picture)]
    assert [(picture.name, picture.step) for picture in drawn][:1] == [("points", 0)]
    assert [picture.name for picture in drawn].count("points") == 1
    assert next(picture.step for picture in drawn if picture.name == "decision_map") == 0


def test_every_picture_carries_the_step_that_it_shows() -> None:
    learner = learner_for(config("eager points", snapshots=applicable("mlp", "moons")))
    schedule = SnapshotSchedule(learner, Stopwatch())
    assert {picture.step for picture in schedule.of_data()} == {0}
    for batch in learner.batches():
        learner.learn(batch)
        assert {picture.step for picture in schedule.pictures()} == {learner.step}


@pytest.mark.parametrize("engine", ["compiled", "eager"])
def test_a_short_training_is_seen_from_start_to_end(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule_module, "FREE_S", 1e9)  # on any machine, however busy
    short = default_config("mlp", "moons", epochs=2, engine=engine, hidden=(4,))
    pictures = [event for event in train(short) if isinstance(event, Picture)]
    steps = frame_steps(2, 50)
    assert len(steps) > 40
    # Not equal: on a busy machine it may take long enough for more.
    assert {picture.step for picture in pictures if picture.name == "decision_map"} >= {*steps}
    norms = [picture for picture in pictures if picture.name == "layer_norms"][-1]
    assert (norms.arrays["gradient_steps"][0] >= 0).sum() > 40


def test_a_snapshot_that_takes_long_comes_seldom_and_the_cheap_ones_stay_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = [0.0]
    monkeypatch.setattr(Stopwatch, "elapsed_s", lambda _: now_s[0])
    seconds = {"cheap": 0.001, "slow": 0.5, "slow at first": 0.005}

    def drawing(name: str) -> Callable[[Any], Iterator[Picture]]:
        def draw(_: Any) -> Iterator[Picture]:
            now_s[0] += 5 if name == "slow at first" else 0
            while True:
                now_s[0] += seconds[name]
                yield Picture(name, 0, {})

        return draw

    entry = Snapshot("A test", "A test.", OUTPUTS, lambda model, data: True, "none")
    monkeypatch.setattr(schedule_module, "SNAPSHOTS", dict.fromkeys(seconds, entry))
    monkeypatch.setattr(schedule_module, "selected", lambda _: tuple(seconds))
    monkeypatch.setattr(schedule_module, "drawing", drawing)
    looking = SnapshotSchedule(learner_for(config("graph")), Stopwatch())
    drawn = []
    while now_s[0] < 100:
        now_s[0] += 0.8
        drawn += [picture.name for picture in looking.due()]
    assert drawn.count("cheap") > 80
    assert 2 <= drawn.count("slow") <= 4  # of half a second each, in 100 s
    assert drawn.count("slow at first") > 60  # its first picture loads what draws it
