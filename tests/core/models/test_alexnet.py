"""AlexNet has the published size, and a small form for small images."""

from __future__ import annotations

import pytest
import torch

from core.models.alexnet import AlexNet, small_alexnet


def test_full_size_has_61100840_parameters() -> None:
    with torch.device("meta"):
        assert sum(p.numel() for p in AlexNet().parameters()) == 61_100_840


def test_maps_of_the_full_size_have_the_published_sizes() -> None:
    shapes = []
    with torch.device("meta"):
        model = AlexNet()
        for layer in model.pools:
            layer.register_forward_hook(lambda _layer, _in, output: shapes.append(tuple(output.shape[1:])))
        assert model(torch.empty(2, 3, 224, 224)).shape == (2, 1000)
    assert shapes == [(64, 27, 27), (192, 13, 13), (384, 13, 13), (256, 13, 13), (256, 6, 6)]


@pytest.mark.parametrize("size", [8, 28, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_small_form_accepts_small_images(size: int, channels: int) -> None:
    model = small_alexnet((channels, size, size), 10, width=4, dropout=0.5)
    assert model(torch.rand(2, channels, size, size)).shape == (2, 10)


def test_outputs_are_deterministic_in_evaluation_mode() -> None:
    model, x = small_alexnet((1, 28, 28), 10, width=4, dropout=0.5), torch.rand(2, 1, 28, 28)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))
