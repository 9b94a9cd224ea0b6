"""Recurrent networks: plain RNN, LSTM and GRU, of one or many layers, in one or both directions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from core.errors import InvalidRequest

LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class SequenceNetwork(nn.Module):
    """Recurrent layers over time, and a linear map of their final state.

    (batch, time, features) -> (batch, outputs). Sequences may end early: steps that are NaN in all features
    are padding and do not reach the state. The final state is that of the last layer after the last step, in
    a bidirectional network concatenated with the backward one, after the first step.
    """

    def __init__(self, recurrent: nn.RNNBase, outputs: int) -> None:
        super().__init__()
        self.recurrent = recurrent
        self.directions = 2 if recurrent.bidirectional else 1
        self.output = nn.Linear(self.directions * recurrent.hidden_size, outputs)

    def forward(self, x: Tensor) -> Tensor:
        steps = lengths(x)
        if bool((steps < x.shape[1]).any()):
            _, last = self.recurrent(
                pack_padded_sequence(x, steps.cpu(), batch_first=True, enforce_sorted=False)
            )
        else:
            _, last = self.recurrent(x)
        h = last[0] if isinstance(last, tuple) else last  # an LSTM returns its memory cell as well
        return self.output(
            torch.cat(h[-self.directions :].unbind(), dim=1)
        )  # (layers * directions, batch, _)


class SymbolNetwork(nn.Module):
    """Recurrent layers over symbols, with a prediction at each step from all symbols so far.

    (batch, time) int64 -> (batch, symbols, time): logits, which depend on their own step's symbol and those
    before.
    """

    def __init__(self, recurrent: nn.RNNBase, symbols: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(symbols, recurrent.input_size)
        self.recurrent = recurrent
        self.output = nn.Linear(recurrent.hidden_size, symbols)

    def forward(self, x: Tensor) -> Tensor:
        h, _ = self.recurrent(self.embedding(x))  # (batch, time, hidden_size)
        return self.output(h).transpose(1, 2)

    @torch.inference_mode()
    def generate(self, prompt: Tensor, count: int, temperature: float, generator: torch.Generator) -> Tensor:
        """`count` symbols (count,) that continue the prompt (time,), sampled one after the other.

        A temperature below 1 prefers the likelier symbols. The generator is on the CPU.
        """
        h, state = self.recurrent(self.embedding(prompt[None]))
        sampled = []
        for _ in range(count):
            logits = self.output(h[0, -1]).float().cpu() / temperature
            symbol = torch.multinomial(logits.softmax(0), 1, generator=generator).to(prompt.device)
            sampled.append(symbol)
            h, state = self.recurrent(self.embedding(symbol[None]), state)
        return torch.cat(sampled)


def lengths(x: Tensor) -> Tensor:
    """Steps of each sequence before its end, int64 (batch,), of x (batch, time, features)."""
    return (~torch.isnan(x).all(dim=2)).sum(dim=1)


def network(
    cell: str,
    input_shape: tuple[int, ...],
    outputs: int,
    hidden_size: int,
    layers: int = 1,
    bidirectional: bool = False,
    nonlinearity: str = "tanh",
) -> SequenceNetwork | SymbolNetwork:
    """The network of `cell` ("rnn", "lstm" or "gru") for samples of input_shape.

    (time, features) are numbers, with one target for the whole sequence; (time,) are symbols, with a target
    at each step, out of as many symbols as there are outputs. nonlinearity, tanh or relu, is the plain RNN's.
    Raises InvalidRequest when symbols are to be read in both directions.
    """
    symbols = len(input_shape) == 1
    if symbols and bidirectional:
        raise InvalidRequest(
            "A network that predicts at each step cannot read in both directions: it would see the targets. "
            "Choose bidirectional off."
        )
    features = hidden_size if symbols else input_shape[-1]
    options = {"nonlinearity": nonlinearity} if cell == "rnn" else {}
    recurrent = LAYERS[cell](
        features, hidden_size, layers, batch_first=True, bidirectional=bidirectional, **options
    )
    if cell == "lstm":
        _open_forget_gates(recurrent)
    return SymbolNetwork(recurrent, outputs) if symbols else SequenceNetwork(recurrent, outputs)


def rnn(
    input_shape: tuple[int, ...], outputs: int, hidden: tuple[int, ...], activation: str, **options: Any
) -> SequenceNetwork | SymbolNetwork:
    """A plain recurrent network with tanh or relu, and network()'s layers and bidirectional."""
    return network("rnn", input_shape, outputs, hidden[0], nonlinearity=activation, **options)


def lstm(
    input_shape: tuple[int, ...], outputs: int, hidden: tuple[int, ...], activation: str, **options: Any
) -> SequenceNetwork | SymbolNetwork:
    """As rnn(), of LSTM cells, whose activations are fixed."""
    return network("lstm", input_shape, outputs, hidden[0], **options)


def gru(
    input_shape: tuple[int, ...], outputs: int, hidden: tuple[int, ...], activation: str, **options: Any
) -> SequenceNetwork | SymbolNetwork:
    """As rnn(), of GRU cells, whose activations are fixed."""
    return network("gru", input_shape, outputs, hidden[0], **options)


def _open_forget_gates(recurrent: nn.RNNBase) -> None:
    """Forget gates open, with a bias of 1. Source: Gers et al. 2000; Jozefowicz, Zaremba & Sutskever 2015."""
    units = recurrent.hidden_size
    with torch.no_grad():
        for name, bias in recurrent.named_parameters():
            if "bias" in name:
                bias[units : 2 * units] = 1.0 if "bias_ih" in name else 0.0
