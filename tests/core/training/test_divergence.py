"""A training that diverges names the cause that its numbers show; each of these really diverges for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.training.config import TrainConfig, default_config
from core.training.divergence import Evidence, why_diverged
from core.training.events import TrainingDiverged
from core.training.learners.evidence import evidence
from core.training.learners.supervised import SupervisedLearner, build_parts
from core.training.loop import train


def reason(model: str, data: str, **settings: Any) -> str:
    config = default_config(model, data, **({"epochs": 5, "snapshot_every_s": None} | settings))
    return next(event.reason for event in train(config) if isinstance(event, TrainingDiverged))


def test_weight_decay_that_overshoots_is_the_cause() -> None:
    sgd = {"optimizer": "sgd", "learning_rate": 0.3, "weight_decay": 10.0, "activation": "tanh"}
    assert "learning rate × weight decay is 3, and above 2 " in reason("mlp", "spiral", **sgd)
    heavy = {"optimizer": "momentum", "learning_rate": 0.5, "weight_decay": 10.0, "epochs": 40}
    assert "learning rate × weight decay is 5, and above 3.8 " in reason("mlp", "moons", **heavy)


def test_weight_decay_that_adam_divides_away_is_not() -> None:
    config = default_config("mlp", "moons", optimizer="adam", learning_rate=0.3, weight_decay=10.0)
    assert "eight decay" not in why_diverged(config, 1)


def test_a_learning_rate_above_what_the_curvature_allows_is_the_cause() -> None:
    said = reason("mlp", "sine_curve", optimizer="sgd", learning_rate=1.0, activation="tanh")
    assert "A learning rate of 1 is too large for sgd here: at the start the loss curves" in said
    assert "tanh" not in said  # it is in use


def test_a_learning_rate_far_above_the_optimizers_own_is_the_cause() -> None:
    said = reason("mlp", "sine_curve", learning_rate=100.0, activation="relu", hidden=(32,) * 6)
    assert (
        "A learning rate of 100 is probably too large for adam, which begins with 0.005; try 0.005." in said
    )


@pytest.mark.parametrize(("activation", "why"), [("exp(x)", "beyond what float32"), ("x^3", "grows faster")])
def test_an_activation_that_overflows_is_the_cause(activation: str, why: str) -> None:
    said = reason("mlp", "moons", activation=activation, hidden=(16, 16), optimizer="sgd", learning_rate=1.0)
    assert f"The activation {activation} " in said
    assert why in said


def steps_until_it_diverges(config: TrainConfig, **scales: float) -> SupervisedLearner:
    """A learner after its loss has become infinite or NaN, on data with some fields multiplied."""
    parts = build_parts(config)
    scaled = {field: getattr(parts.data, field) * scale for field, scale in scales.items()}
    data = replace(parts.data, **scaled)
    learner = SupervisedLearner(config, replace(parts, data=data))
    for _ in range(20):
        for batch in learner.batches():
            if not learner.learn(batch).isfinite():
                return learner
    raise AssertionError("it did not diverge")


@pytest.mark.parametrize("field", ["inputs", "targets"])
def test_inputs_or_targets_that_are_not_scaled_are_the_cause(field: str) -> None:
    config = default_config("mlp", "cubic_curve", optimizer="sgd", learning_rate=0.1, activation="relu")
    learner = steps_until_it_diverges(config, **{f"train_{field}": 1000.0})
    said = why_diverged(config, 1, evidence(learner))
    assert f"The {field} are not scaled: they reach " in said
    with pytest.raises(AssertionError, match="did not diverge"):  # but for that
        steps_until_it_diverges(config)


def test_gradients_that_explode_through_depth_are_the_cause() -> None:
    config = default_config(
        "mlp", "cubic_curve", optimizer="sgd", learning_rate=0.1, activation="5*max(x,0)", hidden=(16,) * 6
    )
    said = why_diverged(config, 1, evidence(steps_until_it_diverges(config)))
    assert "The gradients explode on their way back" in said
    assert "a max gradient norm of 1, or an activation that is bounded" in said


def test_what_is_in_use_already_is_not_advised() -> None:
    config = default_config("mlp", "moons", clip_norm=1.0, activation="tanh", learning_rate=0.005)
    said = why_diverged(config, 2, Evidence(bounded=True))
    assert "try a tenth of the learning rate" in said
    assert "norm" not in said
    assert "bounded" not in said


def test_the_curvature_is_that_of_the_whole_hessian() -> None:
    import torch

    config = default_config("mlp", "sine_curve", hidden=(4,), activation="tanh", samples=60)
    learner = SupervisedLearner(config)
    named = {name: value.detach() for name, value in learner.network.named_parameters()}
    inputs, targets = learner.train_inputs[:64], learner.train_targets[:64]

    def loss(flat: torch.Tensor) -> torch.Tensor:
        parts = flat.split([value.numel() for value in named.values()])
        weights = {name: part.view_as(named[name]) for name, part in zip(named, parts, strict=True)}
        outputs = torch.func.functional_call(learner.network, weights, (inputs,))
        return learner.objective.learning_loss(outputs, targets)

    flat = torch.cat([value.reshape(-1) for value in named.values()])
    hessian = torch.autograd.functional.hessian(loss, flat)
    largest = torch.linalg.eigvalsh(hessian).abs().max().item()
    assert evidence(learner).curvature == pytest.approx(largest, rel=0.05)
