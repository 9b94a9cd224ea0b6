"""How long recurrent cells remember: many small networks of one kind side by side, by batched products.

RNN, LSTM and GRU are torch.nn's, with its initial weights (uniform in +-1 / sqrt(units)); a gate bias is
added to the gate that keeps the state: an LSTM's forget gate, a GRU's update gate. A plain RNN has none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core import torch_optimizers
from core.experiments.statement_events import Series
from core.torch_devices import threads

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
# Which quarter or third of an LSTM's or a GRU's gates keeps the state, in torch.nn's order (i f g o; r z n).
KEEPING = {"lstm": 1, "gru": 1}

SYMBOLS = 4  # of the recall task, one of which comes first; chance is right once in so many
BATCH = 32
LEARNING_RATE = 0.01
MAX_NORM = 1.0  # of a network's gradient: else plain RNNs explode now and then
SOLVED = 0.95  # of the latest batches' symbols are recalled
LATEST = 5  # so many batches


@dataclass(eq=False)
class Cells:
    """Recurrent networks of one kind, `networks` of them along the first dimension of each tensor."""

    kind: str  # a key of GATES
    W: Tensor  # (networks, features, gates * units)
    U: Tensor  # (networks, units, gates * units)
    b: Tensor  # (networks, 1, gates * units), added to W x
    c: Tensor  # the same, added to U h

    @property
    def parameters(self) -> list[Tensor]:
        """Which training changes in place."""
        return [self.W, self.U, self.b, self.c]

    @property
    def units(self) -> int:
        """Of each network."""
        return self.U.shape[1]


def cells(
    kind: str, features: int, units: int, members: Sequence[tuple[int, float]], dtype: torch.dtype
) -> Cells:
    """A network for each member, which is (seed, gate bias)."""
    tensors = [
        torch.stack(group)
        for group in zip(*(_drawn(kind, features, units, s) for s, _ in members), strict=True)
    ]
    W, U, b, c = (tensor.to(dtype) for tensor in tensors)
    if kind in KEEPING:
        gate = slice(KEEPING[kind] * units, (KEEPING[kind] + 1) * units)
        b[:, :, gate] += torch.tensor([bias for _, bias in members], dtype=dtype)[:, None, None]
    return Cells(kind, W, U, b, c)


def _drawn(kind: str, features: int, units: int, seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    width, reach = GATES[kind] * units, 1 / math.sqrt(units)
    shapes = ((features, width), (units, width), (1, width), (1, width))
    return [(torch.rand(shape, generator=generator) * 2 - 1) * reach for shape in shapes]


def last_state(stack: Cells, x: Tensor) -> Tensor:
    """The last hidden state (networks, samples, units), of x (networks, time, samples, features)."""
    networks, time, samples, _ = x.shape
    from_x = torch.baddbmm(stack.b, x.flatten(1, 2), stack.W).view(networks, time, samples, -1)
    h = c = x.new_zeros(networks, samples, stack.units)
    for now in from_x.unbind(1):
        if stack.kind == "gru":
            h = _gru(now, torch.baddbmm(stack.c, h, stack.U), h)
            continue
        gates = torch.baddbmm(now + stack.c, h, stack.U)
        if stack.kind == "rnn":
            h = torch.tanh(gates)
        else:
            i, f, g, o = gates.chunk(4, dim=2)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
    return h


def _gru(from_x: Tensor, from_h: Tensor, h: Tensor) -> Tensor:
    (xr, xz, xn), (hr, hz, hn) = from_x.chunk(3, dim=2), from_h.chunk(3, dim=2)
    z = torch.sigmoid(xz + hz)
    return torch.lerp(torch.tanh(xn + torch.sigmoid(xr + hr) * hn), h, z)


def gradients_by_lag(
    kind: str,
    members: Sequence[tuple[int, float]],
    steps: int,
    units: int,
    features: int = 4,
    samples: int = 4,
) -> Tensor:
    """log10 of the gradient of the last output by the input a lag before, over that at lag 0.

    (members, steps): lags 0 to steps - 1. Inputs are standard normal; the output is a random projection of
    the last state, the gradient's norm is over features and samples. In float64, as it may be 1e-20.
    """
    with threads(1):  # products this small are slower on several
        return _gradients(kind, members, steps, units, features, samples)


def _gradients(
    kind: str, members: Sequence[tuple[int, float]], steps: int, units: int, features: int, samples: int
) -> Tensor:
    stack = cells(kind, features, units, members, torch.float64)
    x = torch.stack([_normal((steps, samples, features), seed) for seed, _ in members]).requires_grad_()
    ways = torch.stack([_normal((samples, units), seed + 1) for seed, _ in members])
    (gradient,) = torch.autograd.grad((last_state(stack, x) * ways).sum(), [x])
    norms = gradient.square().sum(dim=(2, 3)).sqrt().flip(1)
    return torch.log10(norms.clamp_min(1e-300) / norms[:, :1])


def lag_curve(name: str, logs: Tensor) -> Series:
    """Of gradients_by_lag() of one kind: the median over networks and their middle half, as factors."""
    low, middle, high = (tuple((10 ** logs.quantile(q, dim=0)).tolist()) for q in (0.25, 0.5, 0.75))
    return Series(name, tuple(range(logs.shape[1])), middle, low, high)


def _normal(shape: tuple[int, ...], seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def recall(
    kind: str, members: Sequence[tuple[int, float]], lag: int, max_steps: int, units: int
) -> Iterator[list[int | None]]:
    """Train each network to name the first symbol after `lag` steps of noise; yields after every step.

    What is yielded: for each member, the step of Adam after which it recalled SOLVED of the symbols of the
    LATEST batches, or None for one that has not yet. It ends when all have, or after max_steps.
    """
    stack = cells(kind, SYMBOLS + 1, units, members, torch.float32)
    outputs = [_drawn("rnn", units, SYMBOLS, seed) for seed, _ in members]
    V = torch.stack([one[0] for one in outputs]) * math.sqrt(SYMBOLS / units)
    a = torch.zeros(len(members), 1, SYMBOLS)
    parameters = [*stack.parameters, V, a]
    for parameter in parameters:
        parameter.requires_grad_()
    adam = torch_optimizers.Adam(parameters, LEARNING_RATE)  # element by element: networks stay apart
    generators = [torch.Generator().manual_seed(seed + 1) for seed, _ in members]
    solved: list[int | None] = [None] * len(members)
    recalled = torch.zeros(LATEST, len(members))
    for step in range(1, max_steps + 1):
        x, symbols = _batch(generators, lag)
        with threads(1):
            logits = torch.baddbmm(a, last_state(stack, x), V)
            F.cross_entropy(logits.flatten(0, 1), symbols.flatten(), reduction="sum").div(BATCH).backward()
            _clip(parameters)
            adam.step()
        adam.zero_grad()
        recalled[step % LATEST] = (logits.argmax(2) == symbols).float().mean(1)
        now = (recalled.mean(0) >= SOLVED).tolist()
        solved = [before or (step if at_last else None) for before, at_last in zip(solved, now, strict=True)]
        yield solved
        if None not in solved:
            return


def _batch(generators: Sequence[torch.Generator], lag: int) -> tuple[Tensor, Tensor]:
    """Inputs (networks, 1 + lag, BATCH, SYMBOLS + 1) and first symbols (networks, BATCH).

    The first step holds a symbol, one-hot; every later one a standard normal number, on a feature of its own.
    """
    symbols = torch.stack([torch.randint(SYMBOLS, (BATCH,), generator=g) for g in generators])
    noise = torch.stack([torch.randn(lag, BATCH, generator=g) for g in generators])
    x = torch.zeros(len(generators), 1 + lag, BATCH, SYMBOLS + 1)
    x[:, 0, :, :SYMBOLS] = F.one_hot(symbols, SYMBOLS).float()
    x[:, 1:, :, SYMBOLS] = noise
    return x, symbols


def _clip(parameters: Sequence[Tensor]) -> None:
    """Scale each network's gradient to MAX_NORM at most."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norms = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0).sqrt()
    factors = (MAX_NORM / norms.clamp_min(1e-12)).clamp_max(1.0)[:, None, None]
    for gradient in gradients:
        gradient.mul_(factors)
