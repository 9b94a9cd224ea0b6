"""Every optimiser that a training can use. To add one, add an entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.activations.activation import Paper
from core.lazy import LazyModule

if TYPE_CHECKING:
    from torch import nn, optim

    from core import torch_optimizers
else:
    torch_optimizers = LazyModule("core.torch_optimizers")


@dataclass(frozen=True)
class Optimizer:
    """One optimiser. build(parameters, learning_rate, momentum, weight_decay) makes it.

    learning_rate is one to begin with. momentum applies where has_momentum says so. weight_decay is the
    default one; SGD's kin and Adam add it to the gradient (L2), AdamW shrinks the weights by it.
    fused=True makes all of a step one call, which for small networks is two to three times as fast.
    """

    name: str
    description: str
    source: Paper
    learning_rate: float
    build: Callable[..., optim.Optimizer]
    has_momentum: bool = False
    weight_decay: float = 0.0


MOMENTUM = 0.9


def build_optimizer(
    name: str,
    parameters: Iterable[nn.Parameter],
    learning_rate: float,
    momentum: float = MOMENTUM,
    weight_decay: float | None = None,
) -> optim.Optimizer:
    """The optimiser of this name; weight_decay None takes its default."""
    decay = OPTIMIZERS[name].weight_decay if weight_decay is None else weight_decay
    return OPTIMIZERS[name].build(parameters, learning_rate, momentum, decay)


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(
        name="SGD",
        description="A step against the gradient of each batch.",
        source=Paper(
            "Robbins & Monro",
            1951,
            "A stochastic approximation method",
            "https://doi.org/10.1214/aoms/1177729586",
        ),
        learning_rate=0.1,
        build=lambda parameters, rate, _momentum=MOMENTUM, decay=0.0: torch_optimizers.SGD(
            parameters, rate, weight_decay=decay, fused=True
        ),
    ),
    "momentum": Optimizer(
        name="Momentum",
        description="SGD that keeps a fraction (usually nine tenths) of its velocity from step to step.",
        source=Paper(
            "Polyak",
            1964,
            "Some methods of speeding up the convergence of iteration methods",
            "https://doi.org/10.1016/0041-5553(64)90137-5",
        ),
        learning_rate=0.02,
        build=lambda parameters, rate, momentum=MOMENTUM, decay=0.0: torch_optimizers.SGD(
            parameters, rate, momentum=momentum, weight_decay=decay, fused=True
        ),
        has_momentum=True,
    ),
    "nesterov": Optimizer(
        name="Nesterov",
        description="Momentum with the gradient of the point where its velocity leads.",
        source=Paper(
            "Sutskever, Martens, Dahl & Hinton",
            2013,
            "On the importance of initialization and momentum in deep learning",
            "https://proceedings.mlr.press/v28/sutskever13.html",
        ),
        learning_rate=0.02,
        build=lambda parameters, rate, momentum=MOMENTUM, decay=0.0: torch_optimizers.SGD(
            parameters, rate, momentum=momentum, weight_decay=decay, nesterov=momentum > 0, fused=True
        ),
        has_momentum=True,
    ),
    "adam": Optimizer(
        name="Adam",
        description="Each weight's step is scaled by the running mean and size of its own gradient.",
        source=Paper(
            "Kingma & Ba",
            2015,
            "Adam: a method for stochastic optimization",
            "https://arxiv.org/abs/1412.6980",
        ),
        learning_rate=0.005,
        build=lambda parameters, rate, _momentum=MOMENTUM, decay=0.0: torch_optimizers.Adam(
            parameters, rate, weight_decay=decay, fused=True
        ),
    ),
    "adamw": Optimizer(
        name="AdamW",
        description="Adam that also shrinks each weight a little, apart from the gradient.",
        source=Paper(
            "Loshchilov & Hutter",
            2019,
            "Decoupled weight decay regularization",
            "https://arxiv.org/abs/1711.05101",
        ),
        learning_rate=0.005,
        build=lambda parameters, rate, _momentum=MOMENTUM, decay=0.01: torch_optimizers.AdamW(
            parameters, rate, weight_decay=decay, fused=True
        ),
        weight_decay=0.01,
    ),
    "rmsprop": Optimizer(
        name="RMSprop",
        description="Each weight's step is divided by the running size of its gradient.",
        source=Paper(
            "Tieleman & Hinton",
            2012,
            "Lecture 6.5: divide the gradient by a running average of its recent magnitude",
            "https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf",
        ),
        learning_rate=0.002,
        build=lambda parameters, rate, _momentum=MOMENTUM, decay=0.0: torch_optimizers.RMSprop(
            parameters, rate, weight_decay=decay
        ),
    ),
}
