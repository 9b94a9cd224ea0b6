"""Counts of layers are the published ones, PyTorch's own, and those of closed forms."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from core.errors import InvalidRequest
from core.events import Progress
from core.layers.config import LayersConfig
from core.layers.counting import Counter, layers
from core.layers.events import LayersCounted, totals
from core.layers.job import count_layers
from core.layers.passes import of_training
from core.layers.same_task import mlp_parameters, same_task
from core.models import MODELS
from core.records import to_record
from core.training.config import default_config


def counted(**config: Any) -> LayersCounted:
    """What the job finds."""
    *before, found = count_layers(LayersConfig(**config))
    assert all(isinstance(event, Progress) for event in before)
    assert isinstance(found, LayersCounted)
    return found


def total(found: LayersCounted, name: str) -> int:
    """One figure over all layers."""
    return int(totals(to_record(found)["layers"])[name])


# Parameters, and billions of multiply-adds for one image: torchvision's table of pre-trained models, whose
# VGG-16 and ResNets are those of the papers.
PUBLISHED = {
    "alexnet": (61_100_840, 0.71),
    "vgg16": (138_357_544, 15.47),
    "resnet18": (11_689_512, 1.81),
    "resnet34": (21_797_672, 3.66),
    "resnet50": (25_557_032, 4.09),
}


@pytest.mark.parametrize("reference", PUBLISHED)
def test_references_have_the_published_totals(reference: str) -> None:
    found = counted(reference=reference)
    parameters, billions = PUBLISHED[reference]
    assert total(found, "parameters") == parameters
    assert total(found, "weight_bytes") == 4 * parameters
    assert round(total(found, "flops") / 2 / 1e9, 2) == billions
    assert found.layers[-1].output_shape == (1000,)


def test_a_batch_costs_as_many_times_one_sample() -> None:
    one, four = counted(reference="resnet18"), counted(reference="resnet18", batch_size=4)
    assert total(four, "flops") == 4 * total(one, "flops")
    assert total(four, "parameters") == total(one, "parameters")


def test_the_layers_of_vgg_have_the_shapes_of_the_paper() -> None:
    found = counted(reference="vgg16")
    pooled = [layer.output_shape for layer in found.layers if layer.kind.startswith("MaxPool2d")]
    assert pooled == [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]
    assert sum(layer.kind == "Conv2d 3 × 3" for layer in found.layers) == 13
    assert [layer.parameters for layer in found.layers if layer.kind == "Linear"] == [
        *(25088 * 4096 + 4096, 4096 * 4096 + 4096, 4096 * 1000 + 1000)
    ]


@pytest.mark.parametrize("model", MODELS)
def test_every_network_is_counted_whole_and_stays_as_it_was(model: str) -> None:
    forward = of_training(default_config(model))
    network = forward.network.eval()
    before, attributes = forward.run(), [set(vars(module)) for module in network.modules()]
    counter = Counter(network)
    with counter.counting(network, forward.activations):
        forward.run()
    found = layers(counter.steps, forward.batch)
    assert sum(one.parameters for one in found) == sum(weight.numel() for weight in network.parameters())
    assert all(math.prod(one.output_shape) > 0 for one in found)
    assert [set(vars(module)) for module in network.modules()] == attributes
    if model not in ("gcn", "graphsage", "gat"):  # whose dropout draws other masks
        torch.testing.assert_close(forward.run(), before, rtol=0, atol=0)


# One of each way to multiply: fully connected, convolutions, a recurrent layer, graphs, a graph's attention.
@pytest.mark.parametrize(
    "model", ["mlp", "lenet", "resnet", "gru", "lstm", "transformer", "rbm", "gan", "gcn", "gat"]
)
def test_flops_are_those_of_pytorch_s_counter(model: str) -> None:
    config = default_config(model)
    forward = of_training(config)
    # Its registry knows the products of an LSTM and of attention only where they are calls of their own.
    mkldnn = torch.backends.mkldnn.flags(model != "lstm", allow_tf32=None)
    with mkldnn, sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as theirs:
        forward.run()
    assert total(counted(training=config), "flops") == theirs.get_total_flops() > 0


@pytest.mark.parametrize("model", ["lenet", "resnet", "lstm", "transformer", "gcn"])
def test_bytes_kept_are_those_that_autograd_saves(model: str) -> None:
    config = default_config(model)
    forward = of_training(config)
    saved: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        saved[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        forward.run()
    weights = {weight.untyped_storage()._cdata for weight in forward.network.parameters()}
    theirs = sum(storage.nbytes() for key, storage in saved.items() if key not in weights)
    assert total(counted(training=config), "kept_bytes") == theirs > 0


def test_an_mlp_keeps_its_inputs_and_the_outputs_of_tanh() -> None:
    config = default_config("mlp", "moons", hidden=(16, 8), activation="tanh", batch_size=10)
    found = counted(training=config)
    assert [(layer.name, layer.kind, layer.kept_bytes) for layer in found.layers] == [
        ("layers.0", "Linear", 10 * 2 * 4),
        ("activation", "Tanh", 10 * 16 * 4),
        ("layers.1", "Linear", 0),  # its input is what Tanh keeps
        ("activation", "Tanh", 10 * 8 * 4),
        ("layers.2", "Linear", 0),
    ]
    assert [layer.flops for layer in found.layers] == [10 * 2 * 2 * 16, 0, 10 * 2 * 16 * 8, 0, 10 * 2 * 8]
    assert found.layers[0].weight_bytes == 4 * (2 * 16 + 16)


def test_a_typed_activation_is_one_layer_under_its_expression() -> None:
    found = counted(training=default_config("mlp", "moons", activation="x * sigmoid(2 * x)"))
    assert [layer.kind for layer in found.layers][:2] == ["Linear", "x * sigmoid(2 * x)"]


def test_each_activation_has_its_name() -> None:
    activations = {"activations": "relu, x * tanh(x)"}
    found = counted(training=default_config("mlp", "moons", hidden=(4, 3), model_options=activations))
    assert [layer.kind for layer in found.layers] == ["Linear", "ReLU", "Linear", "x * tanh(x)", "Linear"]


def test_adam_holds_two_numbers_for_each_weight_and_sgd_none() -> None:
    def held(optimizer: str) -> int | None:
        return counted(training=default_config("lenet", optimizer=optimizer)).optimizer_bytes

    steps = 10 * 4  # Adam counts its steps, for each of the ten tensors
    assert held("adam") == 2 * 4 * 61_706 + steps
    assert held("sgd") == 0


def test_a_convolution_is_compared_with_a_fully_connected_layer_and_a_network_with_an_mlp() -> None:
    found = counted(training=default_config("lenet", "mnist5k"))
    first = found.layers[0]
    linear = nn.Linear(28 * 28, 6 * 28 * 28, device="meta")
    assert first.dense_parameters == sum(weight.numel() for weight in linear.parameters())
    mlp = MODELS["mlp"].build((1, 28, 28), 10, found.mlp_hidden, "relu")
    assert found.mlp_parameters == sum(weight.numel() for weight in mlp.parameters())
    assert mlp_parameters((3, 224, 224), (4096, 4096), 1000) == 637_445_096


@pytest.mark.parametrize("model", ["lenet", "convnet", "alexnet", "vgg", "resnet"])
def test_weight_sharing_is_known_without_the_network_as_it_is_counted_with_it(model: str) -> None:
    config = default_config(model, "mnist5k", batch_size=2)
    found = counted(training=config)
    known = same_task(config, (1, 28, 28), 10)
    assert known is not None
    assert (known.hidden, known.parameters) == (found.mlp_hidden, found.mlp_parameters)
    assert known.unshared_parameters == sum(
        layer.dense_parameters or layer.parameters for layer in found.layers
    )


def test_a_network_of_points_has_no_comparison() -> None:
    assert counted(training=default_config("mlp", "moons")).mlp_parameters is None


def test_time_is_measured_for_each_layer_where_it_is_asked_for() -> None:
    found = counted(training=default_config("mlp", "moons"), timed=True)
    assert all(layer.seconds is not None and layer.seconds > 0 for layer in found.layers)
    assert all(layer.seconds is None for layer in counted(reference="alexnet").layers)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({}, "One of a training and a reference is required."),
        ({"reference": "resnet99"}, "resnet99"),
        ({"reference": "vgg16", "batch_size": 0}, "batch_size"),
        ({"reference": "vgg16", "timed": True}, "nothing of it can be timed"),
    ],
)
def test_what_cannot_be_is_refused(config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        LayersConfig(**config)


def test_a_config_comes_back_from_its_record() -> None:
    from core.records import from_record

    config = LayersConfig(default_config("lenet", "mnist5k"))
    assert from_record(LayersConfig, to_record(config)) == config
