"""Q-learning: action values, in a table or as a network."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.mlp import MLP


class QTable(nn.Module):
    """One number for each state and action, initially zero: (batch,) int64 -> (batch, actions).

    Source: Watkins & Dayan 1992.
    """

    def __init__(self, states: int, actions: int) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.zeros(states, actions), requires_grad=False)

    def forward(self, states: Tensor) -> Tensor:
        return self.values[states]


def q_network(
    observation_size: int, actions: int, hidden: tuple[int, ...], activation: Callable[[Tensor], Tensor]
) -> MLP:
    """A network in place of the table: (batch, observation_size) -> (batch, actions).

    Source: Mnih et al. 2015.
    """
    return MLP((observation_size,), actions, hidden, activation)


def td_loss(
    network: nn.Module,
    target: nn.Module,
    transitions: tuple[Tensor, ...],
    discount: float,
    double: bool,
) -> Tensor:
    """Mean squared difference of Q(s, a) and r + discount * value of s' by the target network.

    transitions: observations (batch, size), actions (batch,) int64, rewards (batch,), next observations
    (batch, size), ended (batch,), 1 where s' has no value. The value is max over a' of Q_target(s', a'), or
    with `double` Q_target of the action with the largest Q(s', a'). Squares and not the Huber loss of
    Mnih et al.: rare large errors, where an episode ends, must count, or the values diverge.
    Sources: Mnih et al. 2015; van Hasselt, Guez & Silver 2016 (double).
    """
    observations, actions, rewards, next_observations, ended = transitions
    with torch.no_grad():
        after = target(next_observations)
        choice = (network(next_observations) if double else after).argmax(1, keepdim=True)
        td_target = rewards + discount * (1 - ended) * after.gather(1, choice)[:, 0]
    return F.mse_loss(network(observations).gather(1, actions[:, None])[:, 0], td_target)
