"""A layer has one name, that of the field's words, wherever people read of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from core.layers.config import LayersConfig
from core.layers.events import names
from core.layers.job import count_layers
from core.models import MODELS
from core.models.layer_names import layer_names, weight_name
from core.models.registry import default_data
from core.records import to_record
from core.training.config import default_config
from core.training.learners.registry import learner_for
from core.training.snapshots.layers.named_layers import names_of, numbers_of, weights_of

SUPERVISED = [name for name, model in MODELS.items() if model.learner == "supervised"]
SMALL: Mapping[str, Mapping[str, Any]] = {"resnet": {"depth": "8", "width": 2}, "mlp": {"norm": "batch"}}


@pytest.mark.parametrize(
    ("modules", "shown"),
    [
        (
            [("layers.0", "Linear"), ("activation", "Tanh"), ("layers.1", "Linear"), ("layers.2", "Linear")],
            ["Layer 1", "Activation", "Layer 2", "Output"],
        ),
        (
            [
                *(("layers.0.0", "Conv2d 3 × 3"), ("layers.0.1", "BatchNorm2d"), ("layers.1", "MaxPool2d")),
                *(("layers.2.0", "Conv2d 3 × 3"), ("hidden.0", "Linear"), ("output", "Linear")),
            ],
            ["Convolution 1", "Normalization 1", "Pooling 1", "Convolution 2", "Hidden layer 1", "Output"],
        ),
        (
            [("stem", "Conv2d"), ("blocks.0.conv1", "Conv2d"), ("blocks.0.add", "add, relu")],
            ["Stem", "Block 1, convolution 1", "Block 1, addition"],
        ),
        (
            [("blocks.1.attention.output", "Linear"), ("blocks.1.linear2", "Linear")],
            ["Block 2, attention output", "Block 2, fully connected 2"],
        ),
        ([("c1", "Conv2d"), ("f6", "Linear")], ["C1", "F6"]),
        (
            [("generator.layers.0", "Linear"), ("generator.layers.1", "Linear")],
            ["Generator, layer 1", "Generator, output"],
        ),
        (
            [("first", "Linear"), ("layers.0", "Linear"), ("layers.1", "Linear"), ("last", "Linear")],
            ["First", "Layer 1", "Layer 2", "Last"],
        ),
        ([("first", "Conv2d 5 × 5"), ("second", "Conv2d 5 × 5")], ["Convolution 1", "Convolution 2"]),
        (
            [("layers.0.own", "Linear"), ("layers.1.own", "Linear")],
            ["Layer 1, own", "Output, own"],
        ),
    ],
)
def test_names_are_words_with_numbers_from_one(modules: list[tuple[str, str]], shown: list[str]) -> None:
    assert layer_names(modules) == shown


def test_recurrent_weights_say_what_they_act_on() -> None:
    assert weight_name("weight_ih_l0", "Recurrent") == "Layer 1, input"
    assert weight_name("weight_hh_l1_reverse", "Recurrent") == "Layer 2, state, backwards"
    assert weight_name("weight", "Output") == "Output"


@pytest.mark.parametrize("model", SUPERVISED)
def test_panels_and_the_layers_page_call_a_layer_the_same(model: str) -> None:
    config = default_config(model, default_data(model), model_options={**SMALL.get(model, {})})
    network: Any = learner_for(config).network
    counted = to_record([*count_layers(LayersConfig(config))][-1])
    on_the_page = dict(
        zip((layer["name"] for layer in counted["layers"]), names(counted["layers"]), strict=True)
    )
    of_weights = names_of(network)
    assert of_weights == {path: on_the_page[path] for path in of_weights}
    every = [*weights_of(network)]
    assert len(every) == sum(weight.dim() > 1 for weight in network.parameters())  # no name is given twice
    assert numbers_of(network, every[1:]) == [*range(1, len(every))]
