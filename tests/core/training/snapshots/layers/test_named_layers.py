"""Layers have names that people read, and pre-activations are those of the layers."""

from __future__ import annotations

import torch

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.named_layers import activated


def test_pre_activations_are_what_the_layers_give() -> None:
    config = default_config("mlp", "moons", activation="tanh", samples=300)
    training = SupervisedLearner(config)
    first, second = activated(training.network, training.test_inputs)
    layers = training.network.layers
    expected = layers[0](training.test_inputs)  # type: ignore[index, operator]
    torch.testing.assert_close(first.before, expected)
    torch.testing.assert_close(second.before, layers[1](torch.tanh(expected)))  # type: ignore[index, operator]
    assert [first.name, second.name] == ["Layer 1", "Layer 2"]


def test_every_activation_of_a_residual_network_is_seen() -> None:
    config = default_config("resnet", "mnist5k", model_options={"depth": "8", "width": 2})
    training = SupervisedLearner(config)
    names = [layer.name for layer in activated(training.network, training.test_inputs[:2])]
    assert len(names) == 7  # the stem's, and two of each of three blocks
    assert len(set(names)) == 7
    assert names[:3] == ["Stem", "Block 1, convolution 1", "Block 1, convolution 2"]
