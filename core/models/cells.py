"""The equations of recurrent cells, step by step, with every gate and state over time.

torch.nn's layers are faster and compute the same, but show only their outputs. These functions read the
weights of such a layer: W (gates * units, incoming) and b act on the input, U (gates * units, units) and c on
the state before. x is (batch, incoming), states and gates are (batch, units).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

States = dict[str, Tensor]


class Weights(NamedTuple):
    """Of one layer and direction."""

    W: Tensor
    U: Tensor
    b: Tensor
    c: Tensor


def rnn_step(x: Tensor, before: Mapping[str, Tensor], w: Weights) -> States:
    """h = tanh(W x + b + U h + c). Source: Elman 1990."""
    return {"h": torch.tanh(x @ w.W.T + w.b + before["h"] @ w.U.T + w.c)}


def relu_rnn_step(x: Tensor, before: Mapping[str, Tensor], w: Weights) -> States:
    """As rnn_step, with ReLU. Source: Le, Jaitly & Hinton 2015."""
    return {"h": torch.relu(x @ w.W.T + w.b + before["h"] @ w.U.T + w.c)}


def lstm_step(x: Tensor, before: Mapping[str, Tensor], w: Weights) -> States:
    """Input gate i, forget gate f, candidate g, output gate o; the cell is f * c + i * g.

    Source: Hochreiter & Schmidhuber 1997; the forget gate: Gers, Schmidhuber & Cummins 2000.
    """
    i, f, g, o = (x @ w.W.T + w.b + before["h"] @ w.U.T + w.c).chunk(4, dim=1)
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = f * before["c"] + i * g
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": o * torch.tanh(c)}


def gru_step(x: Tensor, before: Mapping[str, Tensor], w: Weights) -> States:
    """Reset gate r, update gate z, candidate n; the state is z * h + (1 - z) * n.

    Source: Cho et al. 2014, in the form of torch.nn and cuDNN: r acts on U h + c instead of on h.
    """
    from_x, from_h = (x @ w.W.T + w.b).chunk(3, dim=1), (before["h"] @ w.U.T + w.c).chunk(3, dim=1)
    r, z = torch.sigmoid(from_x[0] + from_h[0]), torch.sigmoid(from_x[1] + from_h[1])
    n = torch.tanh(from_x[2] + r * from_h[2])
    return {"r": r, "z": z, "n": n, "h": (1 - z) * n + z * before["h"]}


class Cell(NamedTuple):
    """One step, the states that the next step needs, and what the rows of W and U are for, in their order."""

    step: Callable[[Tensor, Mapping[str, Tensor], Weights], States]
    carried: tuple[str, ...]
    gates: tuple[str, ...]


# By torch.nn's name of the mode.
CELLS = {
    "RNN_TANH": Cell(rnn_step, ("h",), ("h",)),
    "RNN_RELU": Cell(relu_rnn_step, ("h",), ("h",)),
    "LSTM": Cell(lstm_step, ("h", "c"), ("i", "f", "g", "o")),
    "GRU": Cell(gru_step, ("h",), ("r", "z", "n")),
}

# Names of the letters.
NAMES = {
    "h": "Hidden state",
    "c": "Memory cell",
    "i": "Input gate",
    "f": "Forget gate",
    "g": "Candidate",
    "o": "Output gate",
    "r": "Reset gate",
    "z": "Update gate",
    "n": "Candidate",
}


class Pass(NamedTuple):
    """One layer in one direction, over time."""

    inputs: Tensor  # (batch, time, incoming)
    steps: list[States]
    carried: list[States]  # what each step hands to the next one: the same states, as tensors of their own


def unroll(recurrent: nn.RNNBase, x: Tensor) -> list[list[list[States]]]:
    """Gates and states of every step, in [layer][direction][time]; direction 1 reads backwards.

    x is (batch, time, incoming), and each state (batch, units) is that of one time step. The result is
    differentiable. All states begin as zero.
    """
    return [[one.steps for one in directions] for directions in passes(recurrent, x)]


def passes(recurrent: nn.RNNBase, x: Tensor) -> list[list[Pass]]:
    """As unroll(), in [layer][direction], with what goes into each layer and from step to step.

    A gradient by a carried state is what flows back from the next step, without what the state's own step
    makes of it.
    """
    layers = []
    for layer in range(recurrent.num_layers):
        directions = [
            _pass(recurrent, x, layer, backwards) for backwards in range(2 if recurrent.bidirectional else 1)
        ]
        layers.append(directions)
        outputs = [torch.stack([states["h"] for states in one.steps], dim=1) for one in directions]
        x = torch.cat(outputs, dim=2)  # (batch, time, directions * units) is the input of the next layer
    return layers


def over_time(steps: list[States]) -> States:
    """The states of one layer and direction as tensors (batch, time, units)."""
    return {name: torch.stack([states[name] for states in steps], dim=1) for name in steps[0]}


def weights_of(recurrent: nn.RNNBase, layer: int, backwards: bool = False) -> Weights:
    """The weights of one layer and direction."""
    suffix = f"l{layer}_reverse" if backwards else f"l{layer}"
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return Weights(*(getattr(recurrent, f"{name}_{suffix}") for name in names))


def _pass(recurrent: nn.RNNBase, x: Tensor, layer: int, backwards: int) -> Pass:
    cell = CELLS[recurrent.mode]
    weights = weights_of(recurrent, layer, bool(backwards))
    zero = x.new_zeros(len(x), recurrent.hidden_size)
    before: States = dict.fromkeys(cell.carried, zero)
    steps, carried = [], []
    for now in reversed(x.unbind(dim=1)) if backwards else x.unbind(dim=1):
        steps.append(cell.step(now, before, weights))
        before = {name: steps[-1][name].view_as(steps[-1][name]) for name in cell.carried}
        carried.append(before)
    return Pass(x, *((steps[::-1], carried[::-1]) if backwards else (steps, carried)))
