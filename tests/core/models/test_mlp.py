"""The MLP is what torch.nn's Sequential computes."""

from __future__ import annotations

import torch
from torch import nn

from core.models.mlp import MLP


def test_same_weights_give_the_same_outputs_as_sequential() -> None:
    model = MLP((2,), 1, (8, 8), torch.tanh)
    reference = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
    with torch.no_grad():
        for theirs, ours in zip(reference.parameters(), model.parameters(), strict=True):
            theirs.copy_(ours)
    x = torch.randn(50, 2)
    torch.testing.assert_close(model(x), reference(x))


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
