"""Fully connected networks with and without shortcuts, of the same depth, trained side by side.

Both kinds have the same weights to begin with, the same batches and the same batch normalisation; they
differ in one number, by which a block's input is added to its output: 1 or 0. A block is that of He et al.
2015, with products in place of convolutions: two layers, each normalised, a shortcut, and ReLU after the sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core import torch_optimizers
from core.data import tables
from core.torch_devices import threads

WIDTH = 24
CLASSES = 10
BATCH = 64
LEARNING_RATE = 0.01
TEST_FRACTION = 0.25


@dataclass(eq=False)
class Networks:
    """Of one depth, along the first dimension of each tensor; samples are columns."""

    first: Tensor  # (networks, WIDTH, features)
    inner: list[Tensor]  # two for each block, (networks, WIDTH, WIDTH)
    scales: list[Tensor]  # of each normalisation, (networks * WIDTH,)
    shifts: list[Tensor]
    last: Tensor  # (networks, CLASSES, WIDTH)
    bias: Tensor  # (networks, CLASSES, 1)
    shortcuts: Tensor  # (networks, 1, 1): 1 for a residual network, 0 for a plain one

    @property
    def parameters(self) -> list[Tensor]:
        """Which training changes in place."""
        return [self.first, *self.inner, *self.scales, *self.shifts, self.last, self.bias]


def initial(seeds: Sequence[int], depth: int, features: int) -> Networks:
    """A plain network for each seed, then a residual one for each, with the same weights.

    depth counts the layers with weights: one, two in each block, and the output. He's normal weights.
    """
    blocks = (depth - 2) // 2
    drawn = [_weights(seed, blocks, features) for seed in seeds]
    first, *inner, last = (torch.stack(layer).repeat(2, 1, 1) for layer in zip(*drawn, strict=True))
    networks = 2 * len(seeds)
    shortcuts = torch.tensor([0.0] * len(seeds) + [1.0] * len(seeds))[:, None, None]
    scales = [torch.ones(networks * WIDTH) for _ in range(2 * blocks + 1)]
    shifts = [torch.zeros(networks * WIDTH) for _ in scales]
    return Networks(first, inner, scales, shifts, last, torch.zeros(networks, CLASSES, 1), shortcuts)


def _weights(seed: int, blocks: int, features: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = [(WIDTH, features), *[(WIDTH, WIDTH)] * (2 * blocks), (CLASSES, WIDTH)]
    return [torch.randn(shape, generator=generator) * math.sqrt(2 / shape[1]) for shape in shapes]


def logits(networks: Networks, x: Tensor) -> Tensor:
    """(networks, CLASSES, samples) of x (networks, features, samples), normalised by this batch."""
    norms = iter(zip(networks.scales, networks.shifts, strict=True))

    def normalised(z: Tensor) -> Tensor:
        # As one batch of networks * WIDTH channels, so that each unit has its own mean and variance.
        flat = z.view(1, -1, z.shape[2])
        return F.batch_norm(flat, None, None, *next(norms), training=True).view_as(z)

    h = torch.relu(normalised(torch.bmm(networks.first, x)))
    for one, two in zip(networks.inner[::2], networks.inner[1::2], strict=True):
        z = torch.relu(normalised(torch.bmm(one, h)))
        h = torch.relu(torch.addcmul(normalised(torch.bmm(two, z)), networks.shortcuts, h))
    return torch.baddbmm(networks.bias, networks.last, h)


def train(seeds: Sequence[int], depth: int, steps: int) -> Iterator[tuple[float, list[float]]]:
    """Adam at a rate that falls to 0, on digits of 8 x 8 pixels, another split for each seed.

    Yields after every step the share that is done, and at the end the share of wrong answers on the training
    data: of the plain networks in the order of their seeds, then of the residual ones.
    """
    data = [tables.digits(seed, TEST_FRACTION) for seed in seeds]
    x = torch.stack([torch.from_numpy(one.train_inputs.T) for one in data]).contiguous().repeat(2, 1, 1)
    targets = torch.stack([torch.from_numpy(one.train_targets) for one in data]).repeat(2, 1)
    networks = initial(seeds, depth, x.shape[1])
    for parameter in networks.parameters:
        parameter.requires_grad_()
    adam = torch_optimizers.Adam(networks.parameters, LEARNING_RATE)
    per_epoch = x.shape[2] // BATCH
    for step in range(steps):
        at = step % per_epoch * BATCH  # data is in random order already
        adam.param_groups[0]["lr"] = LEARNING_RATE * (1 - step / steps)
        with threads(1):  # products this small are slower on several
            outputs = logits(networks, x[:, :, at : at + BATCH])
            F.cross_entropy(outputs, targets[:, at : at + BATCH], reduction="sum").div(BATCH).backward()
            adam.step()
        adam.zero_grad()
        yield (step + 1) / steps, errors(networks, x, targets) if step == steps - 1 else []


def errors(networks: Networks, x: Tensor, targets: Tensor) -> list[float]:
    """Share of wrong answers of each network."""
    with torch.no_grad(), threads(1):
        wrong = logits(networks, x).argmax(1) != targets
    return wrong.float().mean(1).tolist()
