"""The validation split comes out of the training part, and no choice looks at the test part."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import InvalidRequest
from core.events import Checkpoint
from core.training import loop
from core.training.config import TrainConfig, default_config
from core.training.events import EpochCompleted, TrainingFinished, TrainingStarted
from core.training.learners import gan, rbm, supervised
from core.training.learners.building import loaded
from core.training.learners.graph import GraphLearner
from core.training.loop import train
from core.training.validation import carve, split_fraction

SEED = 3
CASES = [
    *(("mlp", data) for data in ("moons", "iris", "diabetes")),
    *(("lenet", "mnist5k"), ("gan", "ring"), ("gan", "digits"), ("rbm", "digits")),
    *(("gru", data) for data in ("seattle_temps", "stocks", "parity", "python_help")),
]


def rows(*parts: np.ndarray) -> list[bytes]:
    """The samples of some parts, so that they can be compared as sets."""
    return sorted(sample.tobytes() for part in parts for sample in part)


@pytest.mark.parametrize(("model", "data"), CASES)
def test_the_split_and_what_is_left_are_the_training_part_and_the_test_part_stays(
    model: str, data: str
) -> None:
    whole = loaded(default_config(model, data))
    smaller, split = carve(whole, default_config(model, data, validation_fraction=0.25))
    assert split is not None
    assert rows(smaller.train_inputs, split.inputs) == rows(whole.train_inputs)
    np.testing.assert_array_equal(smaller.test_inputs, whole.test_inputs)
    assert len(split.inputs) == pytest.approx(
        0.25 * len(whole.train_inputs), rel=0.15
    )  # stocks: fewer companies long ago
    if split.targets is not None:
        assert len(split.targets) == len(split.inputs)
        assert rows(smaller.train_targets, split.targets) == rows(whole.train_targets)


@pytest.mark.parametrize(("model", "data"), CASES)
def test_without_a_rule_that_needs_it_nothing_is_carved(model: str, data: str) -> None:
    config = default_config(model, data)
    whole = loaded(config)
    assert carve(whole, config) == (whole, None)


def test_classes_keep_their_proportions() -> None:
    data, split = carve(*with_data("iris", validation_fraction=0.2))
    assert split is not None
    assert split.targets is not None
    before = np.bincount(np.concatenate([data.train_targets, split.targets]))
    np.testing.assert_allclose(np.bincount(split.targets), 0.2 * before, atol=0.5)


@pytest.mark.parametrize("data", ["seattle_temps", "stocks", "python_help"])
def test_what_has_a_time_validates_on_the_latest(data: str) -> None:
    config = default_config("lstm", data, validation_fraction=0.2)
    whole = loaded(config)
    smaller, split = carve(whole, config)
    assert split is not None
    assert whole.train_times is not None
    latest = np.sort(whole.train_times)[-len(split.inputs) :]
    assert smaller.train_times.max() < latest.min()
    assert len(whole.train_times) == len(whole.train_inputs)


def with_data(data: str, **settings: Any) -> tuple[Any, TrainConfig]:
    config = default_config("mlp", data, **settings)
    return loaded(config), config


def test_the_seed_decides_who_validates() -> None:
    def chosen(seed: int) -> list[bytes]:
        whole = loaded(default_config("mlp", "iris"))
        split = carve(whole, default_config("mlp", "iris", seed=seed, patience=3))[1]
        assert split is not None
        return rows(split.inputs)

    assert chosen(1) == chosen(1)
    assert chosen(1) != chosen(2)


def test_a_graph_validates_on_nodes_that_neither_teach_nor_test() -> None:
    whole, learner = (
        GraphLearner(default_config("gcn", "les_miserables", **more)) for more in ({}, {"patience": 3})
    )
    known, test, validation = (
        set(nodes.tolist()) for nodes in (learner.known, learner.test, learner.validation)
    )
    assert known == set(whole.known.tolist())
    assert test | validation == set(whole.test.tolist())
    assert not test & validation
    assert len(validation) == pytest.approx(0.2 * len(whole.test), abs=3)


@pytest.mark.parametrize("settings", [{"target": 0.9}, {"patience": 4}, {"validation_fraction": 0.2}])
def test_each_rule_brings_a_split_of_a_fifth(settings: dict[str, Any]) -> None:
    assert split_fraction(default_config("mlp", "moons", **settings)) == 0.2


@pytest.mark.parametrize("fraction", [0.01, 0.6, True, "much"])
def test_impossible_fractions_are_refused(fraction: Any) -> None:
    with pytest.raises(InvalidRequest, match="validation_fraction"):
        default_config("mlp", "moons", validation_fraction=fraction)


@pytest.mark.parametrize(("model", "data"), [("q_table", "taxi"), ("dqn", "cart_pole")])
def test_where_nothing_can_be_split_fresh_episodes_validate(model: str, data: str) -> None:
    with pytest.raises(InvalidRequest, match="validation_fraction"):
        default_config(model, data, validation_fraction=0.2)
    quick = {"epochs": 1, "snapshot_every_s": None}
    plain, watched = (
        [*train(default_config(model, data, **quick, **more))] for more in ({}, {"patience": 3})
    )
    for event in (event for event in plain if isinstance(event, EpochCompleted)):
        assert (event.validation_loss, event.validation_metric) == (None, None)
    for event in (event for event in watched if isinstance(event, EpochCompleted)):
        assert event.validation_loss is not None
        assert event.validation_loss != event.test_loss
    plain_tests, watched_tests = (
        [event.test_loss for event in events if isinstance(event, EpochCompleted)]
        for events in (plain, watched)
    )
    assert plain_tests == watched_tests


# What a learner loads, with what the test part says turned into nonsense.
def _other_test_targets(data: Any) -> Any:
    return replace(data, test_targets=np.roll(data.test_targets[::-1], 1))


def _other_test_images(data: Any) -> Any:
    inputs = np.random.default_rng(9).random(data.test_inputs.shape, np.float32)
    return replace(data, test_inputs=inputs)


MOONS = {"hidden": (6,), "samples": 200, "learning_rate": 0.05, "patience": 3, "epochs": 60}


@pytest.mark.parametrize(
    ("module", "other", "model", "data", "settings"),
    [
        (supervised, _other_test_targets, "mlp", "moons", MOONS | {"engine": "eager"}),
        (supervised, _other_test_targets, "mlp", "moons", MOONS | {"engine": "compiled"}),
        (supervised, _other_test_targets, "mlp", "moons", MOONS | {"patience": None, "target": 0.85}),
        (rbm, _other_test_images, "rbm", "digits", {"patience": 1, "epochs": 4, "hidden": (4,)}),
        (gan, _other_test_images, "gan", "digits", {"target": 3, "patience": 2, "epochs": 5}),
    ],
)
def test_what_the_test_part_says_changes_neither_the_end_nor_the_weights(
    module: ModuleType,
    other: Callable[[Any], Any],
    model: str,
    data: str,
    settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = default_config(
        model, data, **{"snapshot_every_s": None, "seed": SEED, "snapshots": ()} | settings
    )

    ours = outcome(config)
    monkeypatch.setattr(module, "loaded", lambda config: other(loaded(config)))
    assert_same_but_for_the_test_part(ours, outcome(config))


def test_what_the_test_nodes_of_a_graph_are_changes_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(config: TrainConfig) -> GraphLearner:
        learner = GraphLearner(config)
        learner.labels[learner.test] = (learner.labels[learner.test] + 1) % len(learner.data.classes)
        return learner

    config = default_config("gcn", "les_miserables", patience=3, learning_rate=0.3, snapshot_every_s=None)
    ours = outcome(config)
    monkeypatch.setattr(loop, "learner_for", blind)
    assert_same_but_for_the_test_part(ours, outcome(config))


Outcome = tuple[Any, dict[str, torch.Tensor], list[float]]


def outcome(config: TrainConfig) -> Outcome:
    """How a training ends and its validation losses; its weights; its test losses."""
    events = [*train(config, None, 1e9)]
    end = next(event for event in events if isinstance(event, TrainingFinished))
    (kept,) = (event for event in events if isinstance(event, Checkpoint))
    learner = kept.state["learner"]
    weights = learner["model"] if "model" in learner else learner["memory"]
    epochs = [event for event in events if isinstance(event, EpochCompleted)]
    validation = [epoch.validation_loss for epoch in epochs]
    tests = [epoch.test_loss for epoch in epochs]
    return (end.reason, end.epochs, end.best_epoch, validation), {**weights}, tests


def assert_same_but_for_the_test_part(ours: Outcome, theirs: Outcome) -> None:
    assert ours[2] != theirs[2]  # or nothing would be shown by it
    assert ours[0] == theirs[0]
    for name, value in ours[1].items():
        assert torch.equal(value, theirs[1][name])


@pytest.mark.parametrize("engine", ["eager", "compiled"])
def test_patience_ends_with_the_weights_of_the_lowest_validation_loss(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_FRACTION", math.inf)
    config = default_config("mlp", "moons", **MOONS, engine=engine, snapshot_every_s=None)
    weights: dict[int, torch.Tensor] = {}
    epochs: list[EpochCompleted] = []
    for event in train(config, None, 1e-6):
        if isinstance(event, EpochCompleted):
            epochs.append(event)
        elif isinstance(event, Checkpoint) and not event.state["position"]["batches"]:
            learner = event.state["learner"]
            kept = learner["memory"]["theta"] if engine == "compiled" else learner["model"]["layers.0.weight"]
            weights[len(epochs)] = kept.clone()
    assert isinstance(event, TrainingFinished)
    losses = [epoch.validation_loss for epoch in epochs]
    assert event.reason == "plateau"
    assert event.best_epoch == 1 + losses.index(min(losses)) < len(epochs)  # type: ignore[type-var]
    assert event.value == epochs[event.best_epoch - 1].test_metric
    assert torch.equal(weights[len(epochs)], weights[event.best_epoch])
    assert not torch.equal(weights[len(epochs) - 1], weights[event.best_epoch])


def test_started_counts_the_samples_of_each_part() -> None:
    started = next(
        event
        for event in train(default_config("mlp", "moons", samples=100, test_fraction=0.5, patience=2))
        if isinstance(event, TrainingStarted)
    )
    assert (started.train_samples, started.validation_samples, started.test_samples) == (40, 10, 50)


# Of version 0.1 (torch 2.13, before there was a validation split): seed 0, the epoch's train and test loss.
@pytest.mark.parametrize(
    ("model", "data", "settings", "train_loss", "test_loss"),
    [
        ("mlp", "moons", {"engine": "eager", "samples": 60}, 0.5403978228569031, 0.5358818173408508),
        ("mlp", "moons", {"engine": "compiled", "samples": 60}, 0.5403978228569031, 0.5358818173408508),
        ("mlp", "iris", {}, 1.0140677690505981, 1.013005256652832),
        ("mlp", "diabetes", {}, 0.867717981338501, 0.8040053844451904),
        ("gan", "ring", {"samples": 200}, 1.3716696500778198, 1.3962321281433105),
        ("gcn", "karate_club", {}, 0.7641414403915405, 0.7302014231681824),
    ],
)
def test_without_validation_the_numbers_are_those_of_the_first_version(
    model: str, data: str, settings: dict[str, Any], train_loss: float, test_loss: float
) -> None:
    config = default_config(model, data, hidden=(4,), epochs=2, snapshot_every_s=None, **settings)
    last = [event for event in train(config) if isinstance(event, EpochCompleted)][-1]
    assert (last.train_loss, last.test_loss) == pytest.approx((train_loss, test_loss), rel=1e-6)
