"""The restricted Boltzmann machine."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# An exact sum over all states of a layer has at most 2^20 terms, in chunks of 2^14.
MAX_ENUMERATED_UNITS = 20
_CHUNK = 2**14


class RBM(nn.Module):
    """Binary visible and hidden units without connections inside a layer.

    E(v, h) = -v·W·h - b·v - c·h and p(v, h) = exp(-E) / Z, with W = weights (visible, hidden),
    b = visible_bias and c = hidden_bias. forward gives p(h = 1 | v): (batch, *shape) -> (batch, hidden).
    Data between 0 and 1 are probabilities.
    Sources: Smolensky 1986; Hinton 2002 (contrastive divergence); Tieleman 2008 (persistent chains).
    """

    def __init__(self, visible: int, hidden: int) -> None:
        super().__init__()
        # Wide enough that the hidden units differ from the start: with 0.01, many stay unused.
        self.weights = nn.Parameter(torch.randn(visible, hidden) / math.sqrt(visible))
        self.visible_bias = nn.Parameter(torch.zeros(visible))
        self.hidden_bias = nn.Parameter(torch.zeros(hidden))

    def forward(self, x: Tensor) -> Tensor:
        return self.hidden_probability(x.flatten(1))

    def hidden_probability(self, visible: Tensor) -> Tensor:
        """p(h = 1 | v): (batch, visible) -> (batch, hidden)."""
        return torch.sigmoid(visible @ self.weights + self.hidden_bias)

    def visible_probability(self, hidden: Tensor) -> Tensor:
        """p(v = 1 | h): (batch, hidden) -> (batch, visible)."""
        return torch.sigmoid(hidden @ self.weights.T + self.visible_bias)

    def reconstruct(self, visible: Tensor) -> Tensor:
        """Mean-field reconstruction, (batch, visible): p(v = 1 | h) at h = p(h = 1 | v)."""
        return self.visible_probability(self.hidden_probability(visible))

    def gibbs(
        self, visible: Tensor, steps: int, random: torch.Generator, hidden: Tensor | None = None
    ) -> Tensor:
        """Visible states, zeros and ones, after `steps` steps of Gibbs sampling: (batch, visible).

        hidden: p(h = 1 | visible), (batch, hidden), where it is known.
        """
        for _ in range(steps):
            probability = self.hidden_probability(visible) if hidden is None else hidden
            visible = bernoulli(self.visible_probability(bernoulli(probability, random)), random)
            hidden = None
        return visible

    def free_energy(self, visible: Tensor) -> Tensor:
        """F(v) = -b·v - sum over j of log(1 + exp(v·W + c)_j), so that p(v) = exp(-F(v)) / Z: (batch,)."""
        return -visible @ self.visible_bias - F.softplus(visible @ self.weights + self.hidden_bias).sum(1)

    @torch.no_grad()
    def set_gradients(self, data: Tensor, model: Tensor, hidden: Tensor | None = None) -> None:
        """Gradients of -log p: <v h> of the model's states less <v h> of the data, both (batch, visible).

        This is the gradient of mean F(data) - mean F(model), with the hidden units summed out. hidden:
        p(h = 1 | data), (batch, hidden), where it is known.
        """
        hidden_data = self.hidden_probability(data) if hidden is None else hidden
        hidden_model = self.hidden_probability(model)
        self.weights.grad = model.T @ hidden_model / len(model) - data.T @ hidden_data / len(data)
        self.visible_bias.grad = model.mean(0) - data.mean(0)
        self.hidden_bias.grad = hidden_model.mean(0) - hidden_data.mean(0)

    @torch.no_grad()
    def log_partition(self) -> float:
        """log Z, exactly, by adding up all states of the smaller layer in float64, on the CPU.

        Raises ValueError when both layers have more than MAX_ENUMERATED_UNITS units.
        """
        weights, visible_bias, hidden_bias = (p.cpu().double() for p in self.parameters())
        if weights.shape[0] < weights.shape[1]:  # the energy is the same from either side
            weights, visible_bias, hidden_bias = weights.T, hidden_bias, visible_bias
        units = weights.shape[1]
        if units > MAX_ENUMERATED_UNITS:
            raise ValueError(
                f"The smaller layer has {units} units; at most {MAX_ENUMERATED_UNITS} can be enumerated."
            )
        parts = []
        for first in range(0, 2**units, _CHUNK):
            states = all_states(units, first, min(_CHUNK, 2**units - first)).to(weights)
            inputs = states @ weights.T + visible_bias
            parts.append(torch.logsumexp(states @ hidden_bias + F.softplus(inputs).sum(1), 0))
        return torch.logsumexp(torch.stack(parts), 0).item()

    @torch.no_grad()
    def log_likelihood(self, visible: Tensor) -> float:
        """Mean log p(v) in nats of states (batch, visible), exactly; raises as log_partition does."""
        weights, visible_bias, hidden_bias = (p.cpu().double() for p in self.parameters())
        visible = visible.cpu().double()
        free = -visible @ visible_bias - F.softplus(visible @ weights + hidden_bias).sum(1)
        return -free.mean().item() - self.log_partition()


def build(input_shape: tuple[int, ...], hidden: int) -> RBM:
    """An RBM with one visible unit for each number of a sample."""
    return RBM(math.prod(input_shape), hidden)


def bernoulli(probability: Tensor, random: torch.Generator) -> Tensor:
    """Zeros and ones, each 1 with its own probability; random is a CPU generator, whatever the device."""
    uniform = torch.rand(probability.shape, generator=random)
    return (uniform.to(probability.device) < probability).to(probability.dtype)


def all_states(units: int, first: int, count: int) -> Tensor:
    """Rows of binary numbers first, first + 1, ...: (count, units) of int64 zeros and ones."""
    numbers = torch.arange(first, first + count)
    return numbers[:, None] >> torch.arange(units) & 1
