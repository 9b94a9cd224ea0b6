"""Many small networks of one shape, trained together by batched matrix products."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from core.activations import Activation


@dataclass(eq=False)
class Stack:
    """Fully connected networks with the same layers; the last layer has no activation."""

    weights: list[Tensor]  # of each layer, (networks, inputs, outputs)
    biases: list[Tensor]  # of each layer, (networks, 1, outputs)
    activations: Sequence[Activation]  # the networks are in so many equal groups, with one function each

    @property
    def parameters(self) -> list[Tensor]:
        """Weights and biases, which training changes in place."""
        return [*self.weights, *self.biases]

    def group(self, number: int) -> Stack:
        """The networks of one activation, as views."""
        size = len(self.weights[0]) // len(self.activations)
        members = slice(number * size, (number + 1) * size)
        weights, biases = [w[members] for w in self.weights], [b[members] for b in self.biases]
        return Stack(weights, biases, [self.activations[number]])


def he_weights(sizes: Sequence[int], seed: int) -> list[Tensor]:
    """Weights of one network, (inputs, outputs) a layer, normal with variance 2 / inputs (He et al. 2015)."""
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(inputs, outputs, generator=generator) * math.sqrt(2 / inputs)
        for inputs, outputs in pairwise(sizes)
    ]


def forward(stack: Stack, x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Logits (networks, points, classes), and the pre-activations of each hidden layer.

    x is (networks, points, features).
    """
    pre_activations: list[Tensor] = []
    for layer, (weight, bias) in enumerate(zip(stack.weights, stack.biases, strict=True)):
        x = torch.baddbmm(bias, x, weight)
        if layer < len(stack.weights) - 1:
            pre_activations.append(x)
            groups = zip(stack.activations, x.chunk(len(stack.activations)), strict=True)
            x = torch.cat([entry.function(group, **entry.with_defaults()) for entry, group in groups])
    return x, pre_activations


def losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of each network, (networks,); targets are class numbers (networks, points)."""
    each = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return each.view(targets.shape).mean(1)


def descend(stack: Stack, x: Tensor, targets: Tensor, learning_rates: Tensor) -> None:
    """One step of plain gradient descent of every network, at its own rate (networks, 1, 1)."""
    for parameter in stack.parameters:
        parameter.requires_grad_()
    logits, _ = forward(stack, x)
    # Networks share nothing, so the gradient of the sum holds that of each.
    gradients = torch.autograd.grad(losses(logits, targets).sum(), stack.parameters)
    with torch.no_grad():
        for parameter, gradient in zip(stack.parameters, gradients, strict=True):
            parameter -= learning_rates * gradient


def steepest_slopes(stack: Stack, x: Tensor) -> tuple[Tensor, Tensor]:
    """Logits, and the largest |f'| over the points of each hidden unit, (networks, units of all layers).

    stack has one activation. Slopes are those of the closed form, so that 0 means exactly 0.
    """
    (entry,) = stack.activations
    with torch.no_grad():
        logits, pre_activations = forward(stack, x)
        slopes = [entry.derivative(z, **entry.with_defaults()).abs().amax(dim=1) for z in pre_activations]
    return logits, torch.cat(slopes, dim=1)
