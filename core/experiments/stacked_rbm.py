"""Restricted Boltzmann machines of several seeds at once: core.models.rbm, stacked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from core.models.rbm import RBM, all_states


class Machines:
    """One machine a seed: weights (n, visible, hidden), biases (n, 1, visible) and (n, 1, hidden)."""

    def __init__(self, seeds: Sequence[int], visible: int, hidden: int) -> None:
        randoms = [torch.Generator().manual_seed(seed) for seed in seeds]
        # Small, so that before any training nothing of the hidden units is seen in the visible ones.
        self.weights = 0.01 * torch.stack([torch.randn(visible, hidden, generator=r) for r in randoms])
        self.visible_bias = torch.zeros(len(seeds), 1, visible)
        self.hidden_bias = torch.zeros(len(seeds), 1, hidden)
        self._randoms = randoms

    def hidden(self, visible: Tensor) -> Tensor:
        """p(h = 1 | v): (n, batch, visible) -> (n, batch, hidden)."""
        return torch.sigmoid(torch.baddbmm(self.hidden_bias, visible, self.weights))

    def visible(self, hidden: Tensor) -> Tensor:
        """p(v = 1 | h): (n, batch, hidden) -> (n, batch, visible)."""
        return torch.sigmoid(torch.baddbmm(self.visible_bias, hidden, self.weights.mT))

    def bernoulli(self, probability: Tensor) -> Tensor:
        """Zeros and ones, each machine's from its own generator."""
        return torch.stack(
            [torch.bernoulli(p, generator=r) for p, r in zip(probability, self._randoms, strict=True)]
        )

    def noise(self, samples: int) -> Tensor:
        """Visible states whose pixels are 0 or 1 alike: (n, samples, visible)."""
        return self.bernoulli(torch.full((len(self.weights), samples, self.weights.shape[1]), 0.5))

    def gibbs(self, visible: Tensor) -> Tensor:
        """Visible states after one step up and down."""
        return self.bernoulli(self.visible(self.bernoulli(self.hidden(visible))))

    def reconstruct(self, visible: Tensor) -> Tensor:
        """p(v = 1 | h) at h = p(h = 1 | v), which is smoother to look at than a sample."""
        return self.visible(self.hidden(visible))

    def train(self, data: Tensor, passes: int, batch_size: int, rate: float) -> Iterator[int]:
        """Contrastive divergence with one step (Hinton 2002); yields the images seen, often."""
        seen = 0
        for _ in range(passes):
            orders = torch.stack([torch.randperm(len(data), generator=random) for random in self._randoms])
            for batch in orders.split(batch_size, dim=1):
                self._step(data[batch], rate)
                seen += batch.shape[1]
                yield seen

    def _step(self, data: Tensor, rate: float) -> None:
        up = self.hidden(data)
        model = self.bernoulli(self.visible(self.bernoulli(up)))
        up_again = self.hidden(model)
        scale = rate / data.shape[1]
        self.weights.baddbmm_(data.mT, up, alpha=scale).baddbmm_(model.mT, up_again, alpha=-scale)
        self.visible_bias.add_((data - model).mean(1, keepdim=True), alpha=rate)
        self.hidden_bias.add_((up - up_again).mean(1, keepdim=True), alpha=rate)

    def difference_from_enumeration(self, units: int) -> tuple[float, float]:
        """Largest differences of p(h | v) and p(v | h) from those of the joint distribution itself.

        Of the first machine's first `units` visible and hidden units, whose joint states are all listed:
        p(v, h) is in proportion to exp(v W h + b v + c h). In float64.
        """
        rbm = RBM(units, units).double()
        rbm.weights.data = self.weights[0, :units, :units].double()
        rbm.visible_bias.data = self.visible_bias[0, 0, :units].double()
        rbm.hidden_bias.data = self.hidden_bias[0, 0, :units].double()
        states = all_states(units, 0, 2**units).double()
        with torch.no_grad():
            log_joint = (
                states @ rbm.weights @ states.T
                + (states @ rbm.visible_bias)[:, None]
                + (states @ rbm.hidden_bias)[None, :]
            )  # (visible states, hidden states)
            hidden = torch.softmax(log_joint, 1) @ states
            visible = torch.softmax(log_joint, 0).T @ states
            up = (hidden - rbm.hidden_probability(states)).abs().max()
            down = (visible - rbm.visible_probability(states)).abs().max()
        return float(up), float(down)
