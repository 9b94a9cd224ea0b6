"""VGG has the published sizes, and a small form for small images."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.models.vgg import STAGES, VGG, small_vgg


@pytest.mark.parametrize(
    ("depth", "parameters"),
    # 13: the sum over the convolutions and full layers of the paper's column B.
    [(11, 132_863_336), (13, 133_047_848), (16, 138_357_544), (19, 143_667_240)],
)
def test_full_size_has_the_published_parameter_count(depth: int, parameters: int) -> None:
    with torch.device("meta"):
        assert sum(p.numel() for p in VGG(depth).parameters()) == parameters


@pytest.mark.parametrize("depth", STAGES)
def test_depth_counts_the_layers_with_weights(depth: int) -> None:
    with torch.device("meta"):
        layers = [m for m in VGG(depth).modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == depth


def test_stages_of_the_full_size_halve_the_image() -> None:
    shapes = []
    with torch.device("meta"):
        model = VGG(16)
        for layer in model.layers:
            if isinstance(layer, nn.MaxPool2d):
                layer.register_forward_hook(
                    lambda _layer, _in, output: shapes.append(tuple(output.shape[1:]))
                )
        assert model(torch.empty(1, 3, 224, 224)).shape == (1, 1000)
    assert shapes == [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]


@pytest.mark.parametrize("size", [8, 28, 32])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_small_form_accepts_small_images(size: int, batch_norm: bool) -> None:
    model = small_vgg((1, size, size), 10, width=4, batch_norm=batch_norm)
    model(torch.rand(2, 1, size, size)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_signal_keeps_its_size_through_the_deepest() -> None:
    torch.manual_seed(0)
    model = small_vgg((1, 32, 32), 10, depth=19, width=16, batch_norm=False)
    sizes = []
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda _layer, _in, output: sizes.append(output.std().item()))
    model(torch.randn(8, 1, 32, 32))
    assert 0.2 < sizes[-1] / sizes[0] < 5
