"""Norms of gradients and updates are those of a step that torch takes by itself."""

from __future__ import annotations

import copy
from itertools import islice

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.training.compiled.learner import supervised_learner
from core.training.config import default_config
from core.training.snapshots.layers.layer_norms import layer_norms

OPTIMIZERS = {
    "sgd": lambda weights: torch.optim.SGD(weights, 0.05),
    "adam": lambda weights: torch.optim.Adam(weights, 0.05),
}


@pytest.mark.parametrize("engine", ["eager", "compiled"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_norms_are_those_of_a_step_by_hand(optimizer: str, engine: str) -> None:
    config = default_config(
        "mlp",
        "moons",
        optimizer=optimizer,
        learning_rate=0.05,
        schedule="constant",
        samples=100,
        engine=engine,
    )
    learner = supervised_learner(config)
    assert learner.engine == engine
    model = copy.deepcopy(learner.network)
    (picture,) = islice(layer_norms(learner), 1)
    places = torch.linspace(0, 49, 10).round().long()
    F.binary_cross_entropy_with_logits(
        model(learner.train_inputs[places])[:, 0], learner.train_targets[places]
    ).backward()
    before = [layer.weight.detach().clone() for layer in model.layers]  # type: ignore[union-attr]
    OPTIMIZERS[optimizer]([*model.parameters()]).step()
    for row, (layer, weight) in enumerate(zip(model.layers, before, strict=True)):  # type: ignore[arg-type]
        update = (layer.weight.detach() - weight).norm().item()
        assert picture.arrays["gradient"][row, 0] == pytest.approx(layer.weight.grad.norm().item(), rel=1e-4)
        assert picture.arrays["update"][row, 0] == pytest.approx(update, rel=1e-3)
        assert picture.arrays["ratio"][row, 0] == pytest.approx(update / weight.norm().item(), rel=1e-3)
    assert picture.values["layers"] == ["Layer 1", "Layer 2", "Output"]


def test_the_course_of_the_run_is_kept() -> None:
    learner = supervised_learner(default_config("mlp", "moons", samples=100, engine="eager"))
    looked, steps = layer_norms(learner), []
    for batch in learner.batches():
        picture = next(looked)
        steps.append(learner.step)
        learner.learn(batch)
    np.testing.assert_array_equal(picture.arrays["ratio_steps"], [steps] * 3)


def test_a_deep_network_shows_its_first_layer_its_last_and_some_between() -> None:
    config = default_config("resnet", "mnist5k", model_options={"depth": "20", "width": 2}, batch_size=2)
    (picture,) = islice(layer_norms(supervised_learner(config)), 1)
    layers = picture.values["layers"]
    assert (len(layers), layers[0], layers[-1]) == (12, "Stem", "Output")
    assert picture.arrays["gradient"].shape == (12, 1)
