"""An ensemble is its trainings side by side: the same numbers as each alone, shown as a distribution."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InvalidRequest
from core.events import Checkpoint, CheckpointRequested, Progress, event_record
from core.records import from_record, to_record
from core.runs import checkpoints
from core.training.config import TrainConfig, default_config
from core.training.ensembles.config import EnsembleConfig, variants_of
from core.training.ensembles.events import EnsembleEpochCompleted, EnsembleFinished, EnsembleStarted
from core.training.ensembles.job import EVALUATIONS, evaluated_epochs, train_ensemble
from core.training.events import EpochCompleted
from core.training.loop import train


def quick(**settings: Any) -> TrainConfig:
    return default_config("mlp", "moons", **({"epochs": 4, "samples": 200} | settings))


SHOWN = (EnsembleStarted, EnsembleEpochCompleted, EnsembleFinished)


def numbers_of(event: Any) -> dict[str, Any]:
    """All that does not depend on how fast the machine is."""
    record = event_record(event)
    record["ranking"] = [{**one, "seconds": None} for one in record.get("ranking", ())]
    return {name: value for name, value in record.items() if name not in ("elapsed_s", "samples_per_s")}


def finished(config: EnsembleConfig) -> EnsembleFinished:
    *_, last = train_ensemble(config)
    assert isinstance(last, EnsembleFinished)
    return last


@pytest.mark.parametrize("engine", ["compiled", "eager"])
def test_each_member_is_the_training_alone(engine: str) -> None:
    training = quick(engine=engine)
    together = finished(EnsembleConfig(training, seeds=3)).final["all"]
    alone = [list(train(replace(training, seed=seed)))[-1].value for seed in range(3)]
    assert list(together) == alone


def test_where_classes_are_uneven_each_variant_has_the_median_balanced_accuracy_of_its_trainings() -> None:
    training = default_config("mlp", "breast_cancer", epochs=2)
    together = finished(EnsembleConfig(training, seeds=3, vary={"activation": ("tanh", "relu")}))
    alone = [list(train(replace(training, activation="relu", seed=seed)))[-1].details for seed in range(3)]
    assert together.balanced_accuracy["ReLU"] == np.median([one["balanced_accuracy"] for one in alone])
    assert together.majority_accuracy == np.median([one["majority_accuracy"] for one in alone])
    assert finished(EnsembleConfig(quick(), seeds=1)).balanced_accuracy == {}


def test_threads_change_nothing() -> None:
    config = EnsembleConfig(quick(), seeds=5, vary={"activation": ("tanh", "relu")})
    assert finished(config).final == finished(replace(config, threads=2)).final


@pytest.mark.parametrize("network", ["mlp", "gcn"])
def test_from_a_checkpoint_come_the_numbers_of_an_ensemble_that_was_never_held(
    network: str, tmp_path: Path
) -> None:
    """Asked for in the middle of an epoch: some members have completed it, others have not begun it."""
    data = {"mlp": "moons", "gcn": "karate_club"}[network]
    training = default_config(network, data, epochs=3, optimizer="sgd")
    config = EnsembleConfig(
        training, seeds=3, vary={"learning_rate": (0.01, 100.0), "activation": ("tanh", "relu")}
    )
    whole = [event for event in train_ensemble(config) if isinstance(event, SHOWN)]
    began, steps = train_ensemble(config), 0
    before: list[Any] = []
    for event in began:
        before += [event] if isinstance(event, SHOWN) else []
        steps += isinstance(event, Progress) and event.unit == "epochs of one network"
        # Of the second epoch's twelve members the third, or of its stacks of one activation the first.
        if steps == {"mlp": 3, "gcn": 15}[network]:
            break
    checkpoint = began.send(CheckpointRequested())
    assert isinstance(checkpoint, Checkpoint)
    began.close()
    checkpoints.write(tmp_path / "state.pt", checkpoint.state)
    state = checkpoints.read(tmp_path / "state.pt")
    assert [member["epochs"] for member in state["members"][:3]] == [2, 2, 2]
    assert state["shown_epoch"] == 1
    resumed = from_record(EnsembleConfig, state["config"])
    assert to_record(resumed) == to_record(config)
    after = [event for event in train_ensemble(resumed, state) if isinstance(event, SHOWN)]
    assert list(map(numbers_of, before + after)) == list(map(numbers_of, whole))
    assert after[-1].elapsed_s > state["elapsed_s"]


def test_quantiles_are_those_of_the_members() -> None:
    training = quick()
    epochs = [
        event
        for event in train_ensemble(EnsembleConfig(training, 4))
        if isinstance(event, EnsembleEpochCompleted)
    ]
    alone = [
        [
            event.test_loss
            for event in train(replace(training, seed=seed))
            if isinstance(event, EpochCompleted)
        ]
        for seed in range(4)
    ]
    assert epochs[-1].epoch == training.epochs
    expected = np.quantile([losses[-1] for losses in alone], (0.05, 0.25, 0.5, 0.75, 0.95))
    np.testing.assert_allclose(epochs[-1].test_loss["all"], expected, rtol=1e-6)


def test_a_race_starts_both_from_the_same_weights_and_order() -> None:
    """One seed, two values that make no difference: the same numbers to the last digit."""
    race = EnsembleConfig(quick(optimizer="sgd"), seeds=1, vary={"label_smoothing": (0.0, 1e-12)})
    first, second = finished(race).final.values()
    assert first == pytest.approx(second, abs=1e-9)


def test_events_come_in_order_and_progress_between() -> None:
    config = EnsembleConfig(quick(), seeds=3, vary={"learning_rate": (0.01, 0.1)})
    events = list(train_ensemble(config))
    kinds = [type(event) for event in events if not isinstance(event, Progress)]
    assert kinds == [EnsembleStarted, *[EnsembleEpochCompleted] * 4, EnsembleFinished]
    progress = [event for event in events if isinstance(event, Progress)]
    assert progress[-1].done == progress[-1].total == 4 * 6


def test_long_trainings_are_evaluated_after_some_epochs_the_last_among_them() -> None:
    assert evaluated_epochs(7) == [1, 2, 3, 4, 5, 6, 7]
    many = evaluated_epochs(1000)
    assert len(many) == EVALUATIONS
    assert (many[0], many[-1]) == (1, 1000)


@pytest.mark.filterwarnings("ignore:overflow")
def test_diverged_members_are_counted_and_left_out() -> None:
    training = default_config("rnn", optimizer="sgd", activation="relu", epochs=3)
    config = EnsembleConfig(training, seeds=2, vary={"learning_rate": (0.001, 100.0)})
    events = list(train_ensemble(config))
    last = events[-1]
    assert {place.variant: place.diverged for place in last.ranking} == {"0.001": 0, "100": 2}
    assert last.ranking[-1].variant == "100"


def test_variants_are_every_combination_named_by_what_differs() -> None:
    config = EnsembleConfig(quick(), vary={"activation": ["tanh", "relu"], "hidden": [[8], [4, 4]]})
    names = [variant.name for variant in variants_of(config)]
    assert names == [
        "activation Tanh, hidden 8",
        "activation Tanh, hidden 4-4",
        "activation ReLU, hidden 8",
        "activation ReLU, hidden 4-4",
    ]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"seeds": 0}, "seeds 0 is not possible"),
        ({"vary": {"colour": ("red",)}}, "Unknown setting 'colour' to vary; choose from "),
        ({"vary": {"activation": ("tanh", "nonsense")}}, "Unknown activation 'nonsense'"),
        ({"vary": {"activation": ()}}, "must be a list of values"),
        ({"vary": {"activation": "tanh"}}, "must be a list of values"),
        ({"vary": {"epochs": (1, 1)}}, "names a value twice"),
        ({"vary": {"model": ("mlp",)}}, "Unknown setting 'model'"),
        ({"seeds": 256, "vary": {"learning_rate": (0.1, 0.2, 0.3, 0.4, 0.5)}}, "at most 1,024"),
    ],
)
def test_what_is_impossible_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        EnsembleConfig(quick(), **settings)


def test_config_survives_json() -> None:
    config = EnsembleConfig(quick(), seeds=3, vary={"activation": ["tanh", "relu"]})
    assert from_record(EnsembleConfig, json.loads(json.dumps(to_record(config)))) == config


def test_members_train_in_stacks_where_enough_of_them_can_and_by_themselves_else() -> None:
    training = quick()
    assert EnsembleConfig(training, 4).in_stacks
    assert EnsembleConfig(training, 1, {"learning_rate": (0.01, 0.02, 0.03, 0.04)}).in_stacks
    assert not EnsembleConfig(training, 1, {"hidden": ((4,), (5,), (6,), (7,))}).in_stacks
    assert not EnsembleConfig(training, 3).in_stacks


def test_a_stack_gives_the_numbers_of_its_members_alone() -> None:
    training = quick()
    stacked = final_of(EnsembleConfig(training, 4, {"learning_rate": (0.003, 0.01)}))
    for rate in (0.003, 0.01):
        alone = final_of(EnsembleConfig(replace(training, learning_rate=rate), 3))
        assert stacked[f"{rate:g}"][:3] == pytest.approx(alone["all"], abs=0.02)


def final_of(config: EnsembleConfig) -> dict[str, tuple[float, ...]]:
    """Each member's last test metric, by variant."""
    return dict([*train_ensemble(config)][-1].final)
