"""Compiled trainings are eager trainings, only faster."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core.activations import ACTIVATIONS as CATALOGUE
from core.errors import InvalidRequest
from core.training.compiled.learner import ACTIVATIONS, CompiledLearner, supervised_learner
from core.training.config import TrainConfig, default_config
from core.training.events import EpochCompleted, TrainingStarted
from core.training.loop import train
from core.training.optimizers import OPTIMIZERS


def quick(data: str = "moons", **settings: Any) -> TrainConfig:
    return default_config(
        "mlp", data, **({"epochs": 3, "samples": 200, "hidden": (8, 8), "snapshot_every_s": None} | settings)
    )


def epochs(config: TrainConfig) -> list[EpochCompleted]:
    return [event for event in train(config) if isinstance(event, EpochCompleted)]


def assert_same(config: dict[str, Any], data: str = "moons", rel: float = 1e-3) -> None:
    compiled, eager = (epochs(quick(data, engine=engine, **config)) for engine in ("compiled", "eager"))
    for ours, theirs in zip(compiled, eager, strict=True):
        assert ours.train_loss == pytest.approx(theirs.train_loss, rel=rel)
        assert ours.test_loss == pytest.approx(theirs.test_loss, rel=rel)
        assert ours.step == theirs.step


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name in CATALOGUE])
def test_curves_are_those_of_the_eager_engine(activation: str) -> None:
    assert_same({"activation": activation, "learning_rate": 0.01})


def test_curves_with_an_activation_for_each_layer_are_the_eager_ones() -> None:
    activations = {"model_options": {"activations": "relu, sine, leaky_relu"}, "hidden": (8, 6, 5)}
    assert_same(activations | {"learning_rate": 0.01})
    one_of_them = {"model_options": {"activations": "relu, mish"}, "engine": "compiled"}
    with pytest.raises(InvalidRequest, match="it knows the activations identity, sigmoid"):
        supervised_learner(quick(**one_of_them))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_goes_the_eager_way(optimizer: str) -> None:
    assert_same({"optimizer": optimizer})


def test_schedule_smoothing_and_a_ragged_last_batch_are_the_eager_ones() -> None:
    assert_same({"schedule": "cosine", "label_smoothing": 0.2, "batch_size": 7})


def test_it_is_used_where_it_can_be_and_says_so() -> None:
    started = [event for event in train(quick()) if isinstance(event, TrainingStarted)]
    assert started[0].engine == "compiled"
    large = supervised_learner(quick(hidden=(256, 256)))
    assert large.started().engine == "eager"
    assert supervised_learner(default_config("lenet")).started().engine == "compiled"
    assert supervised_learner(default_config("lenet", activation="gelu")).started().engine == "compiled"
    assert supervised_learner(default_config("lenet", batch_size=500)).started().engine == "eager"
    assert supervised_learner(default_config("lstm")).started().engine == "eager"


def test_it_is_refused_in_words_where_it_cannot() -> None:
    with pytest.raises(InvalidRequest, match="'compiled' cannot be used: beyond 5,000 parameters"):
        supervised_learner(quick(hidden=(256, 256), engine="compiled"))
    with pytest.raises(InvalidRequest, match="plain fully connected networks and the convolutional ones"):
        supervised_learner(default_config("lstm", engine="compiled"))
    with pytest.raises(InvalidRequest, match="it knows the activations identity, sigmoid"):
        supervised_learner(default_config("lenet", engine="compiled", activation="mish"))
    with pytest.raises(InvalidRequest, match="Unknown engine 'fast'; choose from auto, eager, compiled"):
        quick(engine="fast")


def test_whole_epochs_in_one_call_are_the_same_epochs() -> None:
    one, other = (supervised_learner(quick(batch_size=7)) for _ in range(2))
    assert isinstance(other, CompiledLearner)
    for _ in range(3):
        for batch in one.batches():
            one.learn(batch)
    other.learn_epochs(3)
    assert one.step == other.step
    for mine, theirs in zip(one.network.parameters(), other.network.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_pictures_see_the_weights_of_the_step() -> None:
    learner = supervised_learner(quick())
    assert isinstance(learner, CompiledLearner)
    before = [parameter.detach().clone() for parameter in learner.network.parameters()]
    for batch in learner.batches():
        learner.learn(batch)
    after = list(learner.network.parameters())
    assert all((one != other).any() for one, other in zip(before, after, strict=True))
    outputs = learner.network(learner.test_inputs)
    scores = _last(learner)
    assert learner.objective.loss(outputs, learner.test_targets).item() == pytest.approx(scores, rel=1e-5)


def _last(learner: CompiledLearner) -> float:
    from core.events import Progress

    evaluation = learner.evaluate(Progress(0, 1, "steps"))
    while True:
        try:
            next(evaluation)
        except StopIteration as end:
            return float(end.value.test_loss)


def test_a_restored_training_continues_with_the_same_numbers() -> None:
    learner, other = supervised_learner(quick(optimizer="adam")), supervised_learner(quick(optimizer="adam"))
    for batch in learner.batches():
        learner.learn(batch)
    other.restore(learner.state())
    for one in (learner, other):
        for batch in one.batches():
            one.learn(batch)
    for mine, theirs in zip(learner.network.parameters(), other.network.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    assert learner.step == other.step
