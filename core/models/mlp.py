"""The multilayer perceptron."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import Tensor, nn

_NORMS = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}


class MLP(nn.Module):
    """Fully connected layers with an activation after each but the last; no hidden layer makes it linear.

    activation: one function for all hidden layers, or one for each.
    norm, "batch" or "layer", normalises the pre-activations; dropout is the fraction of the activations that
    is dropped during training.
    (batch, *input_shape) -> (batch, outputs).
    Source: Rumelhart, Hinton & Williams 1986.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        outputs: int,
        hidden: tuple[int, ...],
        activation: Callable[[Tensor], Tensor] | Sequence[Callable[[Tensor], Tensor]],
        norm: str = "none",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        sizes = (math.prod(input_shape), *hidden, outputs)
        self.layers = nn.ModuleList(nn.Linear(fan_in, fan_out) for fan_in, fan_out in pairwise(sizes))
        self.activations = [activation] * len(hidden) if callable(activation) else [*activation]
        self.norms = nn.ModuleList(_NORMS[norm](units) for units in hidden) if norm != "none" else None
        self.dropout = nn.Dropout(dropout) if dropout else None

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        *hidden, last = self.layers
        for index, layer in enumerate(hidden):
            x = layer(x)
            if self.norms is not None:
                x = self.norms[index](x)
            x = self.activations[index](x)
            if self.dropout is not None:
                x = self.dropout(x)
        return last(x)
