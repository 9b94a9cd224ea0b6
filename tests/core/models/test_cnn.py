"""LeNet-5 has the sizes of the paper, ConvNet those of the demo."""

from __future__ import annotations

import torch
from torch import nn

from core.models.cnn import ConvNet, LeNet5


def test_lenet_has_61706_parameters() -> None:
    assert sum(p.numel() for p in LeNet5(torch.tanh).parameters()) == 61_706


def test_layers_have_the_sizes_of_lecun_1998() -> None:
    # Section II.B counts the trainable parameters: C1 156, C5 48,120, F6 10,164. C3's 1,516 are for partial
    # connections; full ones make (6 * 25 + 1) * 16. The linear output adds (84 + 1) * 10.
    model = LeNet5(torch.tanh)
    counts = {name: sum(p.numel() for p in layer.parameters()) for name, layer in model.named_children()}
    assert counts == {"c1": 156, "c3": 2416, "c5": 48_120, "f6": 10_164, "output": 850}


def test_maps_have_the_sizes_of_the_paper() -> None:
    model = LeNet5(torch.relu)
    shapes = []
    for layer in (model.c1, model.c3, model.c5, model.f6):
        layer.register_forward_hook(lambda _layer, _inputs, output: shapes.append(tuple(output.shape[1:])))
    assert model(torch.randn(3, 1, 28, 28)).shape == (3, 10)
    assert shapes == [(6, 28, 28), (16, 10, 10), (120,), (84,)]


def test_same_weights_give_the_same_outputs_as_sequential() -> None:
    model = LeNet5(torch.tanh)
    reference = nn.Sequential(
        *(nn.ZeroPad2d(2), nn.Conv2d(1, 6, 5), nn.Tanh(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)),
    )
    with torch.no_grad():
        for theirs, ours in zip(reference.parameters(), model.parameters(), strict=True):
            theirs.copy_(ours)
    x = torch.rand(5, 1, 28, 28)
    torch.testing.assert_close(model(x), reference(x))


def test_convnets_maps_have_the_sizes_of_the_demo() -> None:
    # ConvNetJS's own listing: conv 24 x 24 x 8, pool 12 x 12 x 8, conv 12 x 12 x 16, pool 4 x 4 x 16, fc 10.
    model = ConvNet(torch.relu)
    shapes = []
    for layer in (model.first, model.second, model.output):
        layer.register_forward_hook(
            lambda _layer, inputs, output: shapes.append((inputs[0].shape, output.shape))
        )
    model(torch.rand(1, 1, 28, 28))
    assert [tuple(out[1:]) for _, out in shapes] == [(8, 24, 24), (16, 12, 12), (10,)]
    assert [tuple(into[1:]) for into, _ in shapes][1:] == [(8, 12, 12), (256,)]
    assert [sum(p.numel() for p in layer.parameters()) for layer in model.children()] == [208, 3216, 2570]


def test_images_of_three_channels_and_32_pixels_fit_as_in_the_paper() -> None:
    """LeNet's own input had 32 x 32 pixels, without padding."""
    model = LeNet5(torch.tanh, (3, 32, 32), 2)
    assert model.c1.padding == (0, 0)
    assert model(torch.rand(4, 3, 32, 32)).shape == (4, 2)
    assert ConvNet(torch.tanh, 3, 5)(torch.rand(4, 3, 32, 32)).shape == (4, 5)
