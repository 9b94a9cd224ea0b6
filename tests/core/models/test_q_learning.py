"""Q-learning's loss against its equation written out."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.models.q_learning import QTable, q_network, td_loss


def test_table_starts_at_zero_and_is_read_by_state() -> None:
    table = QTable(5, 3)
    table.values[2, 1] = 7
    assert table(torch.tensor([0, 2])).tolist() == [[0, 0, 0], [0, 7, 0]]


@pytest.mark.parametrize("double", [False, True])
def test_loss_is_the_mean_squared_bellman_error(double: bool) -> None:
    torch.manual_seed(0)
    network, target = q_network(4, 2, (8,), torch.tanh), q_network(4, 2, (8,), torch.tanh)
    observations, after = torch.randn(6, 4), torch.randn(6, 4)
    actions, rewards = torch.tensor([0, 1, 1, 0, 1, 0]), torch.randn(6)
    ended = torch.tensor([0.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    goals = []
    for n in range(6):
        chooser = network if double else target
        best = int(chooser(after[n : n + 1]).argmax())
        goals.append(rewards[n] + (0.9 * target(after[n : n + 1])[0, best] if ended[n] == 0 else 0))
    predicted = torch.stack([network(observations[n : n + 1])[0, actions[n]] for n in range(6)])
    expected = nn.MSELoss()(predicted, torch.stack(goals))
    found = td_loss(network, target, (observations, actions, rewards, after, ended), 0.9, double)
    torch.testing.assert_close(found, expected)


def test_loss_teaches_the_network_and_never_the_target() -> None:
    network, target = q_network(4, 2, (8,), torch.tanh), q_network(4, 2, (8,), torch.tanh)
    batch = (
        torch.randn(6, 4),
        torch.zeros(6, dtype=torch.int64),
        torch.ones(6),
        torch.randn(6, 4),
        torch.zeros(6),
    )
    td_loss(network, target, batch, 0.9, double=True).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert all(parameter.grad is None for parameter in target.parameters())
