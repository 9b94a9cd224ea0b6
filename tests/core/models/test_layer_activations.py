"""The activation of each hidden layer is known by the layer's name, and is the one that is computed there."""

from __future__ import annotations

import torch

from core.activations import find
from core.models.layer_activations import by_layer
from core.records import to_record
from core.training.config import default_config
from core.training.learners.building import build
from core.training.snapshots.layers.named_layers import activated


def test_each_layer_is_named_with_its_function() -> None:
    listed = ("relu", "max(x, 0)*tanh(x)", "sine")
    options = {"activations": ", ".join(listed)}
    config = default_config("mlp", "moons", hidden=(5, 4, 3), model_options=options)
    x = torch.linspace(-3, 3, 101)
    layers = activated(build(config, (2,), 1), torch.randn(10, 2))
    named = by_layer(to_record(config), [layer.name for layer in layers])
    assert tuple(named.values()) == listed
    for layer in layers:
        assert torch.equal(layer.function(x), find(named[layer.name]).function(x))


def test_one_activation_is_that_of_every_layer() -> None:
    record = to_record(default_config("lenet"))
    assert by_layer(record, ["c1", "f6"]) == dict.fromkeys(("c1", "f6"), record["activation"])
