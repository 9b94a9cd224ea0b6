"""A small transformer of the decoder kind: causal attention, normalisation before each part of a block."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import InvalidRequest

WIDENING = 4  # hidden units of a block's feedforward part, as multiples of its width
LONGEST_PERIOD = 10_000  # of the sinusoids
POSITION_STD = 0.1  # of learned positions at first: what is read at a step stands out from where it is


class CausalSelfAttention(nn.Module):
    """Each step reads the steps up to itself, in several heads: (batch, time, width) -> the same.

    A head's output is softmax(Q K^T / sqrt(width / heads)) V, with later steps left out of the softmax.
    Source: Vaswani et al. 2017, sections 3.2.1 to 3.2.3.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.projections = nn.Linear(width, 3 * width)  # to queries, keys and values
        self.output = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        queries, keys, values = self._projected(x)
        heads = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        return self.output(heads.transpose(1, 2).flatten(2))

    def weights(self, x: Tensor) -> Tensor:
        """Attention of each step on each step, (batch, heads, time, time): every row adds up to 1."""
        queries, keys, _ = self._projected(x)
        scores = queries @ keys.transpose(2, 3) / math.sqrt(queries.shape[-1])
        later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        return scores.masked_fill(later, -math.inf).softmax(-1)

    def _projected(self, x: Tensor) -> list[Tensor]:
        """Queries, keys and values, each (batch, heads, time, width / heads)."""
        parts = self.projections(x).chunk(3, dim=2)
        return [part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in parts]


class Block(nn.Module):
    """Attention over the steps, then an MLP at each step, both added to their input.

    Source: Vaswani et al. 2017, with the normalisations first, which needs no warm-up (Xiong et al. 2020).
    """

    def __init__(self, width: int, heads: int, activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = CausalSelfAttention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.linear1 = nn.Linear(width, WIDENING * width)
        self.linear2 = nn.Linear(WIDENING * width, width)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.linear2(self.activation(self.linear1(self.norm2(x))))


class Transformer(nn.Module):
    """Blocks over embedded steps, which depend on their own step and those before.

    Symbols: (batch, time) int64 -> (batch, outputs, time), a prediction at each step. Numbers: (batch, time,
    features) -> (batch, outputs), from the last step; steps that are NaN in all features are padding at the
    end, which no earlier step reads. `positions` are learned, for at most `length` steps, or sinusoidal.
    """

    def __init__(
        self,
        features: int | None,
        length: int,
        outputs: int,
        width: int,
        activation: Callable[[Tensor], Tensor],
        layers: int,
        heads: int,
        positions: str,
    ) -> None:
        super().__init__()
        self.length = length
        self.embedding = nn.Embedding(outputs, width) if features is None else nn.Linear(features, width)
        self.positions = nn.Embedding(length, width) if positions == "learned" else None
        if self.positions is not None:
            nn.init.normal_(self.positions.weight, std=POSITION_STD)
        self.blocks = nn.ModuleList(Block(width, heads, activation) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        h = self.embedded(x)
        for block in self.blocks:
            h = block(h)
        h = self.norm(h)
        if isinstance(self.embedding, nn.Embedding):
            return self.output(h).transpose(1, 2)
        last = (~torch.isnan(x).all(dim=2)).sum(dim=1) - 1
        return self.output(h[torch.arange(h.shape[0], device=h.device), last])

    def embedded(self, x: Tensor) -> Tensor:
        """Steps with their positions, (batch, time, width)."""
        steps = torch.arange(x.shape[1], device=x.device)
        h = self.embedding(x if isinstance(self.embedding, nn.Embedding) else x.nan_to_num())
        return h + (sinusoids(steps, h.shape[2]) if self.positions is None else self.positions(steps))

    def attention(self, x: Tensor) -> list[Tensor]:
        """Of each block the attention of each step on each step, (batch, heads, time, time)."""
        h, weights = self.embedded(x), []
        for block in self.blocks:
            assert isinstance(block, Block)
            weights.append(block.attention.weights(block.norm1(h)))
            h = block(h)
        return weights

    @torch.inference_mode()
    def generate(self, prompt: Tensor, count: int, temperature: float, generator: torch.Generator) -> Tensor:
        """`count` symbols (count,) that continue the prompt (time,), sampled one after the other.

        Each is predicted from the last `length` symbols at most. A temperature below 1 prefers the likelier
        symbols. The generator is on the CPU.
        """
        text = prompt
        for _ in range(count):
            logits = self(text[None, -self.length :])[0, :, -1].float().cpu() / temperature
            symbol = torch.multinomial(logits.softmax(0), 1, generator=generator).to(prompt.device)
            text = torch.cat([text, symbol])
        return text[len(prompt) :]


def sinusoids(steps: Tensor, width: int) -> Tensor:
    """Sines and cosines of each step in turn, of periods from 2 pi to 10,000 times as long: (time, width).

    Source: Vaswani et al. 2017, section 3.5.
    """
    pairs = torch.arange(0, width, 2, device=steps.device)
    angles = steps[:, None] * LONGEST_PERIOD ** (-pairs / width)
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :width]


def transformer(
    input_shape: tuple[int, ...],
    outputs: int,
    hidden: tuple[int, ...],
    activation: Callable[[Tensor], Tensor],
    layers: int = 2,
    heads: int = 4,
    positions: str = "learned",
) -> Transformer:
    """A transformer of width hidden[0] for samples of input_shape: (time,) symbols or (time, features).

    Raises InvalidRequest where the heads cannot share the width evenly.
    """
    width = hidden[0]
    if width % heads:
        raise InvalidRequest(
            f"{heads} heads cannot share a width of {width} evenly; choose a multiple of {heads}, such "
            f"as {max(1, round(width / heads)) * heads}."
        )
    features = None if len(input_shape) == 1 else input_shape[-1]
    return Transformer(features, input_shape[0], outputs, width, activation, layers, heads, positions)
