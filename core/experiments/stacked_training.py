"""Training of stacked networks: many small ones of one shape at once, each as if it learned alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from core import torch_optimizers
from core.activations import find
from core.experiments.dying_units.stacked import Stack, forward

Loss = Callable[[Tensor, Tensor], Tensor]  # outputs and targets in, the loss of each network out: (networks,)

OPTIMIZERS = ("adam", "sgd")


def initialised(
    activations: Sequence[str],
    sizes: Sequence[int],
    seeds: Sequence[int],
    gain: float = 1.0,
    dtype: torch.dtype = torch.float32,
) -> Stack:
    """A network of each activation and seed, the seed fastest; biases are 0.

    Weights are normal with variance gain^2 / inputs, the same for a seed under each activation. activations
    are keys of ACTIVATIONS or expressions of x.
    """
    weights, biases = [], []
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    for inputs, outputs in pairwise(sizes):
        drawn = [torch.randn(inputs, outputs, generator=one, dtype=dtype) for one in generators]
        weights.append(torch.stack(drawn).mul_(gain / math.sqrt(inputs)).repeat(len(activations), 1, 1))
        biases.append(torch.zeros(len(activations) * len(seeds), 1, outputs, dtype=dtype))
    return Stack(weights, biases, [find(name) for name in activations])


def train(
    stack: Stack, x: Tensor, targets: Tensor, loss: Loss, optimizer: str, learning_rate: float
) -> Iterator[Tensor]:
    """Train on all points at each step, without end; yields the loss of each network before the step.

    x is (networks, points, features). Networks share nothing and both optimizers act number by number, so
    that each network learns from the sum of the losses what it would learn from its own.
    """
    for parameter in stack.parameters:
        parameter.requires_grad_()
    choice = torch_optimizers.Adam if optimizer == "adam" else torch_optimizers.SGD
    steps = choice(stack.parameters, lr=learning_rate)
    while True:
        outputs, _ = forward(stack, x)
        each = loss(outputs, targets)
        steps.zero_grad()
        each.sum().backward()
        steps.step()
        yield each.detach()


def outputs_of(stack: Stack, x: Tensor) -> Tensor:
    """Outputs (networks, points, outputs), without gradients."""
    with torch.no_grad():
        return forward(stack, x)[0]


def squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean squared error of each network; targets are (networks, points, outputs)."""
    return (outputs - targets).square().mean((1, 2))


def binary_cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Of logits (networks, points, 1) and targets 0 or 1 of the same shape."""
    return F.binary_cross_entropy_with_logits(outputs, targets, reduction="none").mean((1, 2))


def accuracies(logits: Tensor, targets: Tensor) -> Tensor:
    """Accuracy of each network; shapes as for binary_cross_entropy."""
    return ((logits > 0) == (targets > 0.5)).float().mean((1, 2))
