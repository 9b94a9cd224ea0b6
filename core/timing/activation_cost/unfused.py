"""Activation functions unfused: their formulas, one elementary operation after another.

torch has one fused call for each of these, which reads x once and writes the result once. Unfused, every
operation in between reads and writes a whole tensor, and saves what its own backward pass needs. Setting the
two against each other shows what fusing is worth. To add one, add an entry; a test holds it against torch's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.activations.registry import SELU_ALPHA, SELU_SCALE
from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = LazyModule("torch")

# Each at the default parameters of its entry in core.activations. As a textbook has them: far from 0, where
# an exponential overflows, torch's own call is more careful.
UNFUSED: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": lambda x: 1 / (1 + torch.exp(-x)),
    "tanh": lambda x: 2 / (1 + torch.exp(-2 * x)) - 1,
    "relu": lambda x: x * (x > 0),
    "leaky_relu": lambda x: torch.where(x > 0, x, 0.01 * x),
    "elu": lambda x: torch.where(x > 0, x, torch.exp(x) - 1),
    "selu": lambda x: SELU_SCALE * torch.where(x > 0, x, SELU_ALPHA * (torch.exp(x) - 1)),
    "softplus": lambda x: torch.log(1 + torch.exp(x)),
    "gelu": lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
    "silu": lambda x: x / (1 + torch.exp(-x)),
    "mish": lambda x: x * torch.tanh(torch.log(1 + torch.exp(x))),
    "hardswish": lambda x: x * torch.clamp(x + 3, 0, 6) / 6,
    "relu6": lambda x: torch.where(x > 6, 6.0, x * (x > 0)),
    "hardtanh": lambda x: torch.where(x > 1, 1.0, torch.where(x < -1, -1.0, x)),
    "hardsigmoid": lambda x: torch.clamp(x + 3, 0, 6) / 6,
    "softshrink": lambda x: torch.where(x > 0.5, x - 0.5, torch.where(x < -0.5, x + 0.5, 0.0)),
    "hardshrink": lambda x: x * (torch.abs(x) > 0.5),
    "celu": lambda x: torch.where(x > 0, x, torch.exp(x) - 1),
    "gelu_tanh": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "log_sigmoid": lambda x: -torch.log(1 + torch.exp(-x)),
}
