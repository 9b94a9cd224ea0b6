"""What torch computes by kernels of its own on a GPU, and a build for the CPU lacks."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def _sum(gates: Tensor, hidden: Tensor, *biases: Tensor | None) -> Tensor:
    total = gates + hidden
    for bias in biases:
        total = total if bias is None else total + bias
    return total


def lstm(
    gates: Tensor, hidden: Tensor, cell: Tensor, b_in: Any = None, b_hidden: Any = None
) -> tuple[Tensor, ...]:
    """Output, cell state and what the gradient needs; gates (batch, 4 * units) in the order i, f, g, o."""
    i, f, g, o = _sum(gates, hidden, b_in, b_hidden).chunk(4, 1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    new = f * cell + i * g
    return o * new.tanh(), new, torch.cat([i, f, g, o], 1)


def lstm_backward(
    grad: Tensor | None, grad_new: Tensor | None, cell: Tensor, new: Tensor, saved: Tensor, has_bias: bool
) -> tuple[Tensor | None, ...]:
    """Gradients of the gates, of the cell state and of the biases."""
    i, f, g, o = saved.chunk(4, 1)
    grad = torch.zeros_like(new) if grad is None else grad
    tanh = new.tanh()
    of_new = grad * o * (1 - tanh * tanh)
    of_new = of_new if grad_new is None else of_new + grad_new
    parts = [
        of_new * g * i * (1 - i),
        of_new * cell * f * (1 - f),
        of_new * i * (1 - g * g),
        grad * tanh * o * (1 - o),
    ]
    gates = torch.cat(parts, 1)
    return gates, of_new * f, gates.sum(0) if has_bias else None


def gru(
    gates: Tensor, hidden: Tensor, state: Tensor, b_in: Any = None, b_hidden: Any = None
) -> tuple[Tensor, ...]:
    """The new state and what the gradient needs; gates (batch, 3 * units) in the order r, z, n."""
    r_in, z_in, n_in = (gates if b_in is None else gates + b_in).chunk(3, 1)
    r_hidden, z_hidden, n_hidden = (hidden if b_hidden is None else hidden + b_hidden).chunk(3, 1)
    r, z = (r_in + r_hidden).sigmoid(), (z_in + z_hidden).sigmoid()
    n = (n_in + r * n_hidden).tanh()
    return n + z * (state - n), torch.cat([r, z, n, n_hidden, state], 1)


def gru_backward(grad: Tensor, saved: Tensor, has_bias: bool) -> tuple[Tensor | None, ...]:
    """Gradients of the gates, of the hidden gates, of the state and of both biases."""
    r, z, n, n_hidden, state = saved.chunk(5, 1)
    of_n = grad * (1 - z) * (1 - n * n)
    of_z = grad * (state - n) * z * (1 - z)
    of_r = of_n * n_hidden * r * (1 - r)
    gates = torch.cat([of_r, of_z, of_n], 1)
    hidden = torch.cat([of_r, of_z, of_n * r], 1)
    biases = (gates.sum(0), hidden.sum(0)) if has_bias else (None, None)
    return gates, hidden, grad * z, *biases


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    dropout: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """By its formula, as torch computes it where no device has a better way."""
    return torch.ops.aten._scaled_dot_product_attention_math(
        query, key, value, mask, dropout, is_causal, scale=scale, enable_gqa=enable_gqa
    )[0]


def register(kind: str) -> list[torch.library.Library]:
    """Give them to torch as kernels of "CUDA" or "MPS"; they last as long as what this returns."""
    cells = torch.library.Library("aten", "IMPL", kind)
    cells.impl("_thnn_fused_lstm_cell", lstm)
    cells.impl("_thnn_fused_lstm_cell_backward_impl", lstm_backward)
    cells.impl("_thnn_fused_gru_cell", gru)
    cells.impl("_thnn_fused_gru_cell_backward", gru_backward)
    if kind == "CUDA":
        return [cells]
    with_gradients = torch.library.Library("aten", "IMPL", f"Autograd{kind}")
    for library in (cells, with_gradients):
        library.impl("scaled_dot_product_attention", attention)
    return [cells, with_gradients]
