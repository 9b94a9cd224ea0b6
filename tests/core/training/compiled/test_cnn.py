"""Compiled steps of convolutional networks are torch's steps: same weights after them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn, optim

from core.training.compiled import kernels, mlp
from core.training.compiled.cnn import ConvNetwork, Stage, take_steps
from core.training.config import default_config
from core.training.events import EpochCompleted
from core.training.loop import train

SAMPLES = 20


class Reference(nn.Module):
    """The same network of torch.nn's parts, activation before pooling as papers have it."""

    def __init__(self, network: ConvNetwork, activation: Any) -> None:
        super().__init__()
        self.activation, self.pools = activation, [stage.pool for stage in network.stages]
        channels = (network.shape[0], *(stage.channels for stage in network.stages))
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, stage.channels, 5, padding=stage.padding)
            for before, stage in zip(channels, network.stages, strict=False)
        )
        sizes = network.dense.sizes
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))

    def forward(self, x: Tensor) -> Tensor:
        for convolution, pool in zip(self.convolutions, self.pools, strict=True):
            x = F.max_pool2d(self.activation(convolution(x)), pool)
        x = x.flatten(1)
        for layer in self.dense[:-1]:
            x = self.activation(layer(x))
        return self.dense[-1](x)


def network_of(
    shape: tuple[int, int, int], stages: tuple[Stage, ...], after: tuple[int, ...], kind: int
) -> ConvNetwork:
    features = int(np.prod(ConvNetwork(shape, stages, mlp.Network((1, 1), kind)).shapes()[-1]))
    return ConvNetwork(shape, stages, mlp.Network((features, *after), kind))


def assert_same_steps(network: ConvNetwork, activation: Any, batch: int, blank_rows: int = 0) -> None:
    """At a learning rate at which steps do not enlarge what float32 and float64 differ by."""
    torch.manual_seed(0)
    reference = Reference(network, activation).double()
    assert network.parameters == sum(weight.numel() for weight in reference.parameters())
    theta = torch.cat([weight.detach().flatten() for weight in reference.parameters()]).float().numpy()
    memory = mlp.Memory(theta, np.zeros_like(theta), np.zeros_like(theta))
    inputs, classes = torch.rand(SAMPLES, *network.shape), network.dense.sizes[-1]
    inputs[:, :, :blank_rows] = 0  # places without a single greatest value, as in pictures with a margin
    targets, order = torch.randint(0, classes, (SAMPLES,)), torch.randperm(SAMPLES)
    steps = -(-SAMPLES // batch)
    loss = take_steps(
        network,
        mlp.Optimizer(mlp.SGD),
        memory,
        inputs.flatten(1).numpy(),
        targets.double().numpy(),
        order.numpy(),
        batch,
        np.full(steps, 0.01),
        0,
        mlp.SOFTMAX,
    )
    optimizer = optim.SGD(reference.parameters(), 0.01)
    for some in order.split(batch):
        expected = F.cross_entropy(reference(inputs[some].double()), targets[some])
        optimizer.zero_grad()
        expected.backward()
        optimizer.step()
    after = torch.cat([weight.detach().flatten() for weight in reference.parameters()]).numpy()
    assert loss == pytest.approx(expected.item(), rel=1e-4)
    np.testing.assert_allclose(theta, after, rtol=1e-3, atol=2e-6)


@pytest.mark.parametrize(
    ("kind", "activation"),
    [
        (kernels.RELU, F.relu),
        (kernels.TANH, torch.tanh),
        (kernels.SIGMOID, torch.sigmoid),
        (kernels.SOFTPLUS, F.softplus),
        (kernels.IDENTITY, lambda x: x),
    ],
)
def test_lenets_steps_are_torchs(kind: int, activation: Any) -> None:
    stages = (Stage(6, 2, 2), Stage(16, 0, 2))
    assert_same_steps(network_of((1, 28, 28), stages, (120, 84, 10), kind), activation, 7, blank_rows=5)


@settings(max_examples=25, deadline=None)
@given(
    channels=st.integers(1, 3),
    size=st.tuples(st.integers(13, 17), st.integers(13, 17)),
    paddings=st.tuples(st.integers(0, 2), st.integers(1, 2)),
    pools=st.tuples(st.integers(1, 2), st.integers(1, 3)),
    maps=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    batch=st.integers(1, SAMPLES),
)
def test_whatever_the_shapes(
    channels: int,
    size: tuple[int, int],
    paddings: tuple[int, int],
    pools: tuple[int, int],
    maps: tuple[int, int],
    batch: int,
) -> None:
    stages = tuple(Stage(2 * m, p, q) for m, p, q in zip(maps, paddings, pools, strict=True))
    network = network_of((channels, *size), stages, (3,), kernels.TANH)
    assume(network.dense.sizes[0] > 0)
    assert_same_steps(network, torch.tanh, batch)


@pytest.mark.parametrize("model", ["lenet", "convnet"])
def test_a_compiled_training_is_the_eager_one(model: str) -> None:
    def losses(engine: str) -> list[float]:
        some: dict[str, Any] = {"epochs": 1, "test_fraction": 0.5, "snapshot_every_s": None}
        config = default_config(model, activation="tanh", engine=engine, **some)
        return [event.test_loss for event in train(config) if isinstance(event, EpochCompleted)]

    assert losses("compiled") == pytest.approx(losses("eager"), rel=0.01)


@pytest.mark.parametrize("model", ["lenet", "convnet"])
def test_images_of_three_channels_and_32_pixels_take_the_steps_of_torch(model: str) -> None:
    losses = []
    for engine in ("compiled", "eager"):
        options = {"colour": "rgb", "size": "32"}
        config = default_config(model, "own_images", epochs=2, engine=engine, data_options=options)
        losses.append([event.test_loss for event in train(config) if isinstance(event, EpochCompleted)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
