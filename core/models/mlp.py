"""The multilayer perceptron."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from torch import Tensor, nn


class MLP(nn.Module):
    """Fully connected layers with an activation after each but the last; no hidden layer makes it linear.

    (batch, *input_shape) -> (batch, outputs).
    Source: Rumelhart, Hinton & Williams 1986.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        outputs: int,
        hidden: tuple[int, ...],
        activation: Callable[[Tensor], Tensor],
    ) -> None:
        super().__init__()
        sizes = (math.prod(input_shape), *hidden, outputs)
        self.layers = nn.ModuleList(nn.Linear(fan_in, fan_out) for fan_in, fan_out in pairwise(sizes))
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        *hidden, last = self.layers
        for layer in hidden:
            x = self.activation(layer(x))
        return last(x)
