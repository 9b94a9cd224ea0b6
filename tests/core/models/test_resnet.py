"""Residual networks have the published sizes and compute the paper's equations."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.models.resnet import BasicBlock, Bottleneck, ResNet, SmallBlock, SmallResNet


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    ("depth", "count"),
    [(18, 11_689_512), (34, 21_797_672), (50, 25_557_032), (101, 44_549_160), (152, 60_192_808)],
)
def test_full_size_has_the_published_parameter_count(depth: int, count: int) -> None:
    with torch.device("meta"):
        model = ResNet(depth)
        assert model(torch.empty(2, 3, 224, 224)).shape == (2, 1000)
    assert parameters(model) == count
    layers = [layer for name, layer in model.named_modules() if "shortcut" not in name]
    assert sum(isinstance(layer, nn.Conv2d | nn.Linear) for layer in layers) == depth


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85)])
def test_networks_for_cifar_have_the_parameters_of_table_6(depth: int, millions: float) -> None:
    with torch.device("meta"):
        model = SmallResNet(depth=depth)
        assert model(torch.empty(2, 3, 32, 32)).shape == (2, 10)
    assert round(parameters(model) / 1e6, 2) == millions
    assert sum(isinstance(layer, nn.Conv2d | nn.Linear) for layer in model.modules()) == depth


def test_plain_network_of_equal_depth_has_the_same_weights() -> None:
    torch.manual_seed(0)
    residual = SmallResNet((1, 28, 28), depth=20, width=4)
    torch.manual_seed(0)
    plain = SmallResNet((1, 28, 28), depth=20, width=4, residual=False)
    for (name, ours), (_, theirs) in zip(residual.named_parameters(), plain.named_parameters(), strict=True):
        assert torch.equal(ours, theirs), name
    x = torch.rand(2, 1, 28, 28)
    assert not torch.allclose(residual(x), plain(x))


@pytest.mark.parametrize(("block", "incoming", "last"), [(BasicBlock, 8, "norm2"), (Bottleneck, 32, "norm3")])
def test_block_whose_layers_give_nothing_hands_its_input_on(block, incoming: int, last: str) -> None:
    layers = block(incoming, 8, stride=1)
    nn.init.zeros_(getattr(layers, last).weight)
    x = torch.randn(2, incoming, 6, 6)
    torch.testing.assert_close(layers(x), F.relu(x))


def test_small_shortcut_keeps_every_second_position_and_fills_new_channels_with_zeros() -> None:
    block = SmallBlock(4, 8, 2, True, nn.Identity())
    nn.init.zeros_(block.norm2.weight)
    x = torch.randn(2, 4, 7, 7)
    y = block(x)
    torch.testing.assert_close(y[:, :4], x[:, :, ::2, ::2])
    assert (y[:, 4:] == 0).all()


def test_plain_block_hands_nothing_on() -> None:
    block = SmallBlock(4, 4, 1, False, nn.Identity())
    nn.init.zeros_(block.norm2.weight)
    assert (block(torch.randn(2, 4, 7, 7)) == 0).all()


def test_gradient_reaches_the_first_layer_of_a_deep_residual_network_and_fades_in_a_plain_one() -> None:
    # Without batch normalisation, which hides the difference at first: with weights too small by half, the
    # signal of a plain network shrinks at each layer, and shortcuts carry it on.
    norms = {}
    for residual in (True, False):
        torch.manual_seed(0)
        model = SmallResNet((1, 16, 16), depth=38, width=4, residual=residual)
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d):
                layer.weight.data.mul_(0.5)
        model.eval()  # with mean 0 and variance 1 kept, the layers normalise nothing
        F.cross_entropy(model(torch.rand(4, 1, 16, 16)), torch.tensor([0, 1, 2, 3])).backward()
        assert model.stem.weight.grad is not None
        norms[residual] = model.stem.weight.grad.norm().item()
    assert norms[True] > 1e4 * norms[False]


@pytest.mark.parametrize("size", [8, 28, 32])
def test_small_networks_take_small_images(size: int) -> None:
    assert SmallResNet((1, size, size), 3, depth=8, width=4)(torch.rand(2, 1, size, size)).shape == (2, 3)
