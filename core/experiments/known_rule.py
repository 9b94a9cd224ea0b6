"""Networks that learn a known rule on a few of many inputs, and what their gradients say of the inputs.

All networks have the same layers and are trained side by side. Each has its own data: standard normal inputs,
of which the first `true_inputs` decide the class and the others are noise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core import torch_optimizers
from core.activations import ACTIVATIONS
from core.experiments.dying_units.stacked import Stack, forward, he_weights, losses
from core.torch_devices import threads

INPUTS = 20
HIDDEN = (32, 32)
SAMPLES, TEST_SAMPLES = 2048, 1024
BATCH = 64
LEARNING_RATE = 0.005


@dataclass(frozen=True, eq=False)
class Data:
    """Of several networks, along the first dimension."""

    x: Tensor  # (networks, samples, INPUTS)
    classes: Tensor  # (networks, samples), 0 or 1


def drawn(seeds: Sequence[int], true_inputs: int, curvature: float, samples: int) -> Data:
    """Inputs, and whether a sum over the true ones is above its median.

    At curvature 0 it is their own sum, so that more is always better; at 1 that of their squares, of which a
    linear model learns nothing; between, a mixture of both.
    """
    x = torch.stack(
        [torch.randn(samples, INPUTS, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    )
    true = x[:, :, :true_inputs]
    # Both terms have variance 1 and are uncorrelated.
    score = ((1 - curvature) * true + curvature * (true.square() - 1) / math.sqrt(2)).sum(2)
    return Data(x, (score > score.median(1, keepdim=True).values).long())


def train(
    seeds: Sequence[int], true_inputs: int, curvature: float, epochs: int
) -> Iterator[tuple[float, Stack]]:
    """Adam at a rate that falls to 0; yields the share that is done and the networks, changed in place."""
    sizes = (INPUTS, *HIDDEN, 2)
    weights = [torch.stack(layer) for layer in zip(*(he_weights(sizes, seed) for seed in seeds), strict=True)]
    biases = [torch.zeros(len(seeds), 1, size) for size in sizes[1:]]
    stack = Stack(weights, biases, [ACTIVATIONS["relu"]])
    for parameter in stack.parameters:
        parameter.requires_grad_()
    adam = torch_optimizers.Adam(stack.parameters, LEARNING_RATE)
    data = drawn(seeds, true_inputs, curvature, SAMPLES)
    per_epoch = SAMPLES // BATCH
    steps = epochs * per_epoch
    for step in range(steps):
        batch = slice(step % per_epoch * BATCH, (step % per_epoch + 1) * BATCH)
        adam.param_groups[0]["lr"] = LEARNING_RATE * (1 - step / steps)
        with threads(1):  # products this small are slower on several
            losses(forward(stack, data.x[:, batch])[0], data.classes[:, batch]).sum().backward()
            adam.step()
        adam.zero_grad()
        yield (step + 1) / steps, stack


def randomised(stack: Stack, seeds: Sequence[int], layers: int) -> Stack:
    """A copy whose last `layers` layers are as drawn anew, the output first (Adebayo et al. 2018)."""
    weights = [weight.detach().clone() for weight in stack.weights]
    biases = [bias.detach().clone() for bias in stack.biases]
    sizes = (INPUTS, *HIDDEN, 2)
    fresh = [he_weights(sizes, seed + 100_000) for seed in seeds]
    for layer in range(len(weights) - layers, len(weights)):
        weights[layer] = torch.stack([one[layer] for one in fresh])
        biases[layer] = torch.zeros_like(biases[layer])
    return Stack(weights, biases, stack.activations)


def saliency(stack: Stack, data: Data) -> Tensor:
    """Mean absolute gradient of the logits' difference by each input, (networks, INPUTS).

    Simonyan, Vedaldi & Zisserman 2013, averaged over samples.
    """
    x = data.x.clone().requires_grad_()
    with threads(1):
        logits, _ = forward(stack, x)
        (gradient,) = torch.autograd.grad((logits[:, :, 1] - logits[:, :, 0]).sum(), [x])
    return gradient.abs().mean(1)


def explained_by_a_line(stack: Stack, data: Data) -> list[float]:
    """R^2 of the best linear model of each network's own outputs (the difference of its logits)."""
    with torch.no_grad():
        logits, _ = forward(stack, data.x)
    outputs = (logits[:, :, 1] - logits[:, :, 0])[:, :, None].double()
    inputs = torch.cat([data.x, torch.ones_like(data.x[:, :, :1])], 2).double()
    rest = outputs - inputs @ torch.linalg.lstsq(inputs, outputs).solution
    return (1 - rest.var(1) / outputs.var(1))[:, 0].tolist()


def accuracies(stack: Stack, data: Data) -> list[float]:
    """Of each network."""
    with torch.no_grad():
        right = forward(stack, data.x)[0].argmax(2) == data.classes
    return right.float().mean(1).tolist()


def ranking(scores: Tensor, true_inputs: int) -> list[float]:
    """AUC: how often a true input of a network has a larger score than another input does, ties half.

    scores is (networks, INPUTS). 1: all true inputs come first; 0.5: no better than chance.
    """
    true, other = scores[:, :true_inputs, None], scores[:, None, true_inputs:]
    wins = (true > other).double() + 0.5 * (true == other).double()
    return wins.mean(dim=(1, 2)).tolist()
