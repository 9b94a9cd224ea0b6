"""Compiled trainings are eager trainings, only faster."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core.activations import ACTIVATIONS as CATALOGUE
from core.errors import InvalidRequest
from core.training.compiled.learner import CompiledLearner, learn_epochs, supervised_learner
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


@pytest.mark.parametrize("activation", [name for name, one in CATALOGUE.items() if not one.unfit])
def test_curves_are_those_of_the_eager_engine(activation: str) -> None:
    assert_same({"activation": activation, "learning_rate": 0.01})


def test_curves_with_an_activation_for_each_layer_are_the_eager_ones() -> None:
    activations = {"model_options": {"activations": "relu, sine, leaky_relu"}, "hidden": (8, 6, 5)}
    assert_same(activations | {"learning_rate": 0.01})


@pytest.mark.parametrize("text", ["x*tanh(softplus(x))", "sin(3*x)/(1 + x^2)", "max(x, 0.1*x^2)"])
def test_typed_functions_are_compiled_too(text: str) -> None:
    assert_same({"activation": text, "learning_rate": 0.01})


@pytest.mark.parametrize("settings", [{"l1": 0.01}, {"clip_norm": 0.1}, {"l1": 0.003, "clip_norm": 0.5}])
def test_l1_and_clipping_are_the_eager_ones(settings: dict[str, Any]) -> None:
    assert_same(settings)
    assert_same(settings | {"optimizer": "sgd"}, "spiral")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_goes_the_eager_way(optimizer: str) -> None:
    assert_same({"optimizer": optimizer})


def test_schedule_smoothing_and_a_ragged_last_batch_are_the_eager_ones() -> None:
    assert_same({"schedule": "cosine", "label_smoothing": 0.2, "batch_size": 7})


def test_it_is_used_where_it_can_be_and_says_so() -> None:
    started = [event for event in train(quick()) if isinstance(event, TrainingStarted)]
    assert started[0].engine == "compiled"
    assert started[0].engine_reason is None
    large = supervised_learner(quick(hidden=(256, 256)))
    assert large.started().engine == "eager"
    assert large.started().engine_reason == "beyond 5,000 parameters matrix products are faster"
    assert supervised_learner(quick(engine="eager")).started().engine_reason is None  # nobody asks why
    assert supervised_learner(default_config("lenet")).started().engine == "compiled"
    assert supervised_learner(default_config("lenet", activation="gelu")).started().engine == "compiled"
    assert supervised_learner(default_config("lenet", batch_size=500)).started().engine == "eager"
    assert supervised_learner(default_config("lstm")).started().engine == "compiled"


def test_it_is_refused_in_words_where_it_cannot() -> None:
    with pytest.raises(InvalidRequest, match="'compiled' cannot be used: beyond 5,000 parameters"):
        supervised_learner(quick(hidden=(256, 256), engine="compiled"))
    known = "networks without dropout and norm, recurrent ones, and the convolutional ones"
    with pytest.raises(InvalidRequest, match=known):
        supervised_learner(default_config("mlp", engine="compiled", model_options={"dropout": 0.5}))
    with pytest.raises(InvalidRequest, match="with convolutions it knows the activations elu, gelu"):
        supervised_learner(default_config("lenet", engine="compiled", activation="mish"))
    with pytest.raises(InvalidRequest, match="with convolutions it knows neither l1 nor clip_norm"):
        supervised_learner(default_config("lenet", engine="compiled", l1=0.1))
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


def as_in_a_stack(*changes: dict[str, Any]) -> tuple[list[CompiledLearner], list[CompiledLearner]]:
    """Learners trained side by side for two epochs, and the same ones each by itself."""
    both: list[list[CompiledLearner]] = [[], []]
    for group in both:
        for change in changes:
            learner = supervised_learner(quick(**{"batch_size": 7} | change))
            assert isinstance(learner, CompiledLearner)
            group.append(learner)
    assert len({learner.stack_key() for learner in both[0]}) == 1
    learn_epochs(both[0], 2, stacked=True)
    for learner in both[1]:
        learn_epochs([learner], 2, stacked=False)
    return both[0], both[1]


def test_networks_in_a_stack_end_where_each_ends_by_itself() -> None:
    stacked, alone = as_in_a_stack(*({"seed": seed, "learning_rate": 0.01 * (seed + 1)} for seed in range(5)))
    for one, other in zip(stacked, alone, strict=True):
        assert one.step == other.step
        torch.testing.assert_close(
            torch.from_numpy(one.memory.theta), torch.from_numpy(other.memory.theta), rtol=1e-4, atol=1e-5
        )
        assert torch.equal(one.shuffle.get_state(), other.shuffle.get_state())


def test_a_network_that_diverges_leaves_the_others_of_its_stack_alone() -> None:
    rates = ({"learning_rate": rate, "optimizer": "sgd", "activation": "x^3"} for rate in (0.01, 100.0, 0.02))
    stacked, alone = as_in_a_stack(*rates)
    for at in (0, 2):
        torch.testing.assert_close(
            *(torch.from_numpy(group[at].memory.theta) for group in (stacked, alone)), rtol=1e-4, atol=1e-5
        )
    assert not torch.isfinite(torch.from_numpy(stacked[1].memory.theta)).all()


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
