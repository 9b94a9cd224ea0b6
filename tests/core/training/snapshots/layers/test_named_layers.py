"""Layers have names that people read, and pre-activations are those of the layers."""

from __future__ import annotations

import torch

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.named_layers import activated, label


def test_pre_activations_are_what_the_layers_give() -> None:
    config = default_config("mlp", "moons", activation="tanh", samples=300)
    training = SupervisedLearner(config)
    first, second = activated(training.network, training.test_inputs)
    layers = training.network.layers
    expected = layers[0](training.test_inputs)  # type: ignore[index, operator]
    torch.testing.assert_close(first.before, expected)
    torch.testing.assert_close(second.before, layers[1](torch.tanh(expected)))  # type: ignore[index, operator]
    assert [first.name, second.name] == ["layers 1", "layers 2"]


def test_every_activation_of_a_residual_network_is_seen() -> None:
    config = default_config("resnet", "mnist5k", model_options={"depth": "8", "width": 2})
    training = SupervisedLearner(config)
    names = [layer.name for layer in activated(training.network, training.test_inputs[:2])]
    assert len(names) == 7  # the stem's, and two of each of three blocks
    assert len(set(names)) == 7


def test_layers_have_names_that_people_read() -> None:
    assert label("layers.0.weight") == "layers 1"
    assert label("recurrent.weight_hh_l1_reverse") == "state 2 back"
    assert label("recurrent.weight_ih_l0") == "input 1"
