"""Recurrent networks: parameter counts of the textbooks, and the equations of the papers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from core.models import recurrent
from core.models.recurrent import Forecaster


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (lambda: recurrent.rnn(10, 20, 1, "tanh"), 640),
        (lambda: recurrent.gru(10, 20, 1), 1920),
        (lambda: recurrent.lstm(10, 20, 1), 2560),
    ],
)
def test_layer_of_10_inputs_and_20_units_has_the_known_parameter_count(network, parameters: int) -> None:
    model: Forecaster = network()
    assert sum(p.numel() for p in model.recurrent.parameters()) == parameters
    assert sum(p.numel() for p in model.output.parameters()) == 21


def weights(layer: nn.RNNBase) -> list[Tensor]:
    return [parameter.detach() for parameter in layer.parameters()]


def test_rnn_computes_elmans_equation() -> None:
    model = recurrent.rnn(3, 5, 1, "tanh")
    w, u, b, c = weights(model.recurrent)
    x, h = torch.randn(4, 7, 3), torch.zeros(4, 5)
    for t in range(7):
        h = torch.tanh(x[:, t] @ w.T + b + h @ u.T + c)
    torch.testing.assert_close(model(x), model.output(h))


def test_lstm_computes_the_gates_of_the_paper() -> None:
    model = recurrent.lstm(3, 5, 1)
    w, u, b, c = weights(model.recurrent)
    x, h, cell = torch.randn(4, 7, 3), torch.zeros(4, 5), torch.zeros(4, 5)
    for t in range(7):
        i, f, g, o = (x[:, t] @ w.T + b + h @ u.T + c).chunk(4, dim=1)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(cell)
    torch.testing.assert_close(model(x), model.output(h))


def test_gru_computes_the_gates_of_the_paper() -> None:
    model = recurrent.gru(3, 5, 1)
    w, u, b, c = weights(model.recurrent)
    x, h = torch.randn(4, 7, 3), torch.zeros(4, 5)
    for t in range(7):
        from_x, from_h = (x[:, t] @ w.T + b).chunk(3, 1), (h @ u.T + c).chunk(3, 1)
        r, z = torch.sigmoid(from_x[0] + from_h[0]), torch.sigmoid(from_x[1] + from_h[1])
        h = (1 - z) * torch.tanh(from_x[2] + r * from_h[2]) + z * h
    torch.testing.assert_close(model(x), model.output(h))
