"""Recurrent networks that read a sequence and forecast one value: plain RNN, LSTM and GRU."""

from __future__ import annotations

from torch import Tensor, nn


class Forecaster(nn.Module):
    """A recurrent layer over time, and a linear map from its last hidden state.

    (batch, time, features) -> (batch, outputs).
    """

    def __init__(self, recurrent: nn.RNNBase, outputs: int) -> None:
        super().__init__()
        self.recurrent = recurrent
        self.output = nn.Linear(recurrent.hidden_size, outputs)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.recurrent(x)  # (batch, time, hidden_size)
        return self.output(states[:, -1])


def rnn(features: int, hidden_size: int, outputs: int, nonlinearity: str) -> Forecaster:
    """Elman's network: h = f(W x + U h + b), with f tanh or ReLU. Source: Elman 1990."""
    layer = nn.RNN(features, hidden_size, nonlinearity=nonlinearity, batch_first=True)
    return Forecaster(layer, outputs)


def lstm(features: int, hidden_size: int, outputs: int) -> Forecaster:
    """Long short-term memory, with a forget gate.

    Source: Hochreiter & Schmidhuber 1997; the forget gate: Gers, Schmidhuber & Cummins 2000.
    """
    return Forecaster(nn.LSTM(features, hidden_size, batch_first=True), outputs)


def gru(features: int, hidden_size: int, outputs: int) -> Forecaster:
    """Gated recurrent unit: memory with three weight blocks instead of the LSTM's four.

    Source: Cho et al. 2014.
    """
    return Forecaster(nn.GRU(features, hidden_size, batch_first=True), outputs)
