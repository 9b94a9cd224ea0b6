"""Stacked plain and residual networks, against torch.nn's layers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from core.experiments import residual_stacks as stacks

SEEDS = [0, 1]


def by_torch(networks: stacks.Networks, number: int, x: Tensor) -> Tensor:
    """One network, layer by layer; x is (samples, features)."""

    def linear(weight: Tensor, h: Tensor) -> Tensor:
        return h @ weight[number].T

    norm = nn.BatchNorm1d(stacks.WIDTH)
    h = norm(linear(networks.first, x)).relu()
    for one, two in zip(networks.inner[::2], networks.inner[1::2], strict=True):
        after = norm(linear(two, norm(linear(one, h)).relu()))
        h = (after + networks.shortcuts[number, 0] * h).relu()
    return linear(networks.last, h) + networks.bias[number, :, 0]


def test_each_network_is_torchs_with_and_without_shortcuts() -> None:
    networks = stacks.initial(SEEDS, 8, features=5)
    x = torch.randn(4, 5, 16)
    found = stacks.logits(networks, x)
    for number in range(4):
        torch.testing.assert_close(
            found[number].T, by_torch(networks, number, x[number].T), atol=1e-4, rtol=1e-4
        )
    assert networks.shortcuts.flatten().tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("depth", [4, 8, 56])
def test_depth_counts_the_layers_with_weights_and_both_kinds_begin_alike(depth: int) -> None:
    networks = stacks.initial(SEEDS, depth, features=5)
    layers = [networks.first, *networks.inner, networks.last]
    assert len(layers) == depth
    assert all(torch.equal(layer[:2], layer[2:]) for layer in layers)
    assert not torch.equal(layers[0][0], layers[0][1])


def test_networks_are_trained_as_if_alone() -> None:
    *_, (share, together) = stacks.train(SEEDS, 6, 40)
    *_, (_, alone) = stacks.train(SEEDS[1:], 6, 40)
    assert share == 1
    assert [together[1], together[3]] == pytest.approx(alone, abs=0.02)
    assert max(together) < 0.4  # chance is 0.9
