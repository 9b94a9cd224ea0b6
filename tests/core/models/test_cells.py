"""Our own cell equations give what torch.nn's layers give, at every step."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.models.cells import CELLS, NAMES, over_time, unroll

LAYERS = {
    "RNN_TANH": lambda **more: nn.RNN(3, 5, batch_first=True, **more),
    "RNN_RELU": lambda **more: nn.RNN(3, 5, nonlinearity="relu", batch_first=True, **more),
    "LSTM": lambda **more: nn.LSTM(3, 5, batch_first=True, **more),
    "GRU": lambda **more: nn.GRU(3, 5, batch_first=True, **more),
}


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("mode", CELLS)
def test_states_are_those_of_torch(mode: str, layers: int, bidirectional: bool) -> None:
    recurrent = LAYERS[mode](num_layers=layers, bidirectional=bidirectional).double()
    assert recurrent.mode == mode
    x = torch.randn(4, 11, 3, dtype=torch.float64)
    theirs, last = recurrent(x)
    ours = unroll(recurrent, x)
    top = torch.cat([over_time(steps)["h"] for steps in ours[-1]], dim=2)
    torch.testing.assert_close(top, theirs, rtol=1e-12, atol=1e-12)
    if mode == "LSTM":
        cells = [
            steps[0 if backwards else -1]["c"] for layer in ours for backwards, steps in enumerate(layer)
        ]
        torch.testing.assert_close(torch.stack(cells), last[1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", CELLS)
def test_gradients_are_those_of_torch(mode: str) -> None:
    recurrent = LAYERS[mode]().double()
    x = torch.randn(4, 11, 3, dtype=torch.float64)
    theirs = torch.autograd.grad(recurrent(x)[0].square().sum(), list(recurrent.parameters()))
    h = over_time(unroll(recurrent, x)[0][0])["h"]
    ours = torch.autograd.grad(h.square().sum(), list(recurrent.parameters()))
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


def test_lstm_gates_lie_between_0_and_1_and_make_the_cell() -> None:
    recurrent = LAYERS["LSTM"]()
    states = over_time(unroll(recurrent, torch.randn(4, 11, 3))[0][0])
    for gate in ("i", "f", "o"):
        assert ((states[gate] > 0) & (states[gate] < 1)).all()
    before = torch.cat([torch.zeros(4, 1, 5), states["c"][:, :-1]], dim=1)
    torch.testing.assert_close(states["c"], states["f"] * before + states["i"] * states["g"])


def test_gru_state_lies_between_the_one_before_and_the_candidate() -> None:
    recurrent = LAYERS["GRU"]()
    states = over_time(unroll(recurrent, torch.randn(4, 11, 3))[0][0])
    before = torch.cat([torch.zeros(4, 1, 5), states["h"][:, :-1]], dim=1)
    low, high = torch.minimum(before, states["n"]), torch.maximum(before, states["n"])
    assert ((states["h"] >= low - 1e-6) & (states["h"] <= high + 1e-6)).all()


def test_every_state_has_a_name_for_people() -> None:
    for mode, layer in LAYERS.items():
        assert set(unroll(layer(), torch.randn(1, 2, 3))[0][0][0]) <= set(NAMES), mode
