"""The MLP is what torch.nn's Sequential computes."""

from __future__ import annotations

import torch
from torch import nn

from core.models import MODELS
from core.models.mlp import MLP


def test_same_weights_give_the_same_outputs_as_sequential() -> None:
    model = MLP((2,), 1, (8, 8), torch.tanh)
    reference = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
    with torch.no_grad():
        for theirs, ours in zip(reference.parameters(), model.parameters(), strict=True):
            theirs.copy_(ours)
    x = torch.randn(50, 2)
    torch.testing.assert_close(model(x), reference(x))


def test_each_hidden_layer_may_have_an_activation_of_its_own() -> None:
    options = {"activations": "relu, x*tanh(x)"}
    model = MODELS["mlp"].build((2,), 1, (8, 5), "sine", **options)
    reference = [nn.Linear(2, 8), nn.Linear(8, 5), nn.Linear(5, 1)]
    for theirs, ours in zip(nn.ModuleList(reference).parameters(), model.parameters(), strict=True):
        theirs.data.copy_(ours.data)
    x = torch.randn(50, 2)
    second = reference[1](torch.relu(reference[0](x)))
    torch.testing.assert_close(model(x), reference[2](second * torch.tanh(second)))


def test_parameter_count_of_2_8_8_1() -> None:
    model = MLP((2,), 1, (8, 8), torch.tanh)
    assert sum(p.numel() for p in model.parameters()) == (2 * 8 + 8) + (8 * 8 + 8) + (8 + 1)


def test_without_hidden_layers_it_is_linear() -> None:
    model = MLP((3,), 2, (), torch.relu)
    a, b = torch.randn(2, 10, 3)
    torch.testing.assert_close(model(0.3 * a + 0.7 * b), 0.3 * model(a) + 0.7 * model(b))


def test_images_are_flattened() -> None:
    model = MLP((1, 28, 28), 10, (16,), torch.relu)
    assert model(torch.randn(4, 1, 28, 28)).shape == (4, 10)
    assert model.layers[0].in_features == 784
