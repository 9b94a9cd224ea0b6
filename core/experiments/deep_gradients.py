"""Gradients on their way back through many equal layers, of many networks at once.

What signal_propagation measures of one network in full, this measures of a whole stack and of the gradient
alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.activations import find

SAMPLES = 64


@dataclass(frozen=True)
class DeepNetworks:
    """Layers x -> f(x W) of one width, with standard normal inputs, of a stack of networks.

    In float64: a hundred layers that each shrink a signal to 0.4 leave less than float32 can hold.
    """

    weights: list[Tensor]  # of each layer, (networks, width, width); Xavier's, of variance 1 / width
    x: Tensor  # (networks, SAMPLES, width)
    last: Tensor  # the gradient by the last outputs, as x


def drawn(seeds: Sequence[int], layers: int, width: int, networks: int = 1) -> DeepNetworks:
    """So many networks of each seed, those of a seed next to each other."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def normal(rows: int) -> Tensor:
        shape = (networks, rows, width)
        return torch.cat([torch.randn(shape, generator=one, dtype=torch.float64) for one in generators])

    x, last = normal(SAMPLES), normal(SAMPLES)
    return DeepNetworks([normal(width) / width**0.5 for _ in range(layers)], x, last)


def log10_gradients(networks: DeepNetworks, activation: str, gain: float) -> Tensor:
    """log10 of the gradient at each layer by that at the last one, (networks, layers), the first layer first.

    It is the root mean square of the gradient by the layer's pre-activations; gain multiplies the weights.
    The gradient is normalised after each layer and its logarithms are summed, so that it can vanish or
    explode beyond float64. Minus infinity: nothing arrives.
    """
    entry = find(activation)
    parameters, x, slopes = entry.with_defaults(), networks.x, []
    for weight in networks.weights:
        z = torch.bmm(x, weight).mul_(gain)
        x = entry.function(z, **parameters)
        slopes.append(entry.derivative(z, **parameters))
    size, sizes, gradient = torch.zeros(len(x), dtype=torch.float64), [], networks.last
    for weight, slope in zip(reversed(networks.weights), reversed(slopes), strict=True):
        gradient = gradient * slope
        length = gradient.square().mean((1, 2)).sqrt()
        size = size + length.log10()
        sizes.append(size)
        gradient = torch.bmm(gradient, weight.mT).mul_((gain / length.clamp_min(1e-300)).view(-1, 1, 1))
    relative = torch.stack(sizes[::-1], 1) - sizes[0][:, None]
    return relative.nan_to_num(nan=-torch.inf, neginf=-torch.inf)


def dead_fraction(networks: DeepNetworks, activation: str, gain: float) -> float:
    """Fraction of the networks whose output is 0 for every input."""
    entry, x = find(activation), networks.x
    for weight in networks.weights:
        x = entry.function(torch.bmm(x, weight).mul_(gain), **entry.with_defaults())
    return (x == 0).all(2).all(1).double().mean().item()
