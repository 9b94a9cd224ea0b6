"""Stacked recurrent cells against torch.nn's, and the gradients of old inputs against closed forms."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.experiments import recurrent_memory as memory

MODULES = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
MEMBERS = [(0, 0.0), (1, 2.0)]


def module_of(stack: memory.Cells, number: int) -> nn.RNNBase:
    """torch.nn's layer with the weights of one network."""
    module = MODULES[stack.kind](stack.W.shape[1], stack.units).double()
    weights = {"weight_ih_l0": stack.W[number].T, "weight_hh_l0": stack.U[number].T}
    biases = {"bias_ih_l0": stack.b[number, 0], "bias_hh_l0": stack.c[number, 0]}
    module.load_state_dict(weights | biases)
    return module


@pytest.mark.parametrize("kind", MODULES)
def test_each_network_is_torchs(kind: str) -> None:
    stack = memory.cells(kind, 3, 5, MEMBERS, torch.float64)
    x = torch.randn(2, 7, 4, 3, dtype=torch.float64)
    last = memory.last_state(stack, x)
    for number in range(2):
        module = module_of(stack, number)
        expected = module(x[number])[0][-1]
        torch.testing.assert_close(last[number], expected)


@pytest.mark.parametrize(("kind", "gate"), [("lstm", slice(5, 10)), ("gru", slice(5, 10))])
def test_a_gate_bias_is_that_of_the_gate_that_keeps_the_state(kind: str, gate: slice) -> None:
    stack = memory.cells(kind, 3, 5, [(0, 0.0), (0, 2.0)], torch.float64)
    added = (stack.b[1] - stack.b[0])[0]
    torch.testing.assert_close(added[gate], torch.full((5,), 2.0, dtype=torch.float64))
    assert added.abs().sum() == pytest.approx(10)


@pytest.mark.parametrize("bias", [30.0, -30.0])
def test_a_gate_wide_open_keeps_a_gru_gradient_and_a_shut_one_does_not(bias: float) -> None:
    # z = 1: h_t = h_{t-1}, and what an input adds does not depend on when it came.
    logs = memory.gradients_by_lag("gru", [(seed, bias) for seed in range(3)], 40, 8)
    assert logs.shape == (3, 40)
    assert torch.equal(logs[:, 0], torch.zeros(3, dtype=torch.float64))
    if bias > 0:
        assert logs[:, -1].abs().max() < 0.5
    else:
        assert logs[:, -1].max() < -10


def test_gradients_are_those_of_the_module_at_each_lag() -> None:
    stack = memory.cells("lstm", 3, 5, [(4, 1.0)], torch.float64)
    module = module_of(stack, 0)
    x = torch.randn((6, 2, 3), generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    way = torch.randn((2, 5), generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    (gradient,) = torch.autograd.grad((module(x.requires_grad_())[0][-1] * way).sum(), [x])
    norms = gradient.flatten(1).norm(dim=1).flip(0)
    logs = memory.gradients_by_lag("lstm", [(4, 1.0)], 6, 5, features=3, samples=2)[0]
    torch.testing.assert_close(logs, torch.log10(norms / norms[0]))


def test_an_open_lstm_learns_to_recall_and_networks_stay_apart() -> None:
    *_, together = memory.recall("lstm", [(0, 3.0), (0, -6.0), (1, 3.0)], lag=4, max_steps=60, units=16)
    *_, alone = memory.recall("lstm", [(1, 3.0)], lag=4, max_steps=60, units=16)
    assert together[0] is not None
    assert together[1] is None  # a cell that is emptied at each step
    assert together[2] == alone[0]
