"""Every way in which weights can be drawn before the first step. To add one, add an entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.lazy import LazyModule

if TYPE_CHECKING:
    from torch import Generator, Tensor, nn
    from torch.nn import init
else:
    init = LazyModule("torch.nn.init")


@dataclass(frozen=True)
class Initialisation:
    """fill(weight, generator) draws a weight (fan_out, fan_in, ...) anew; None leaves it, and biases, as is.

    The generator may be None, which is torch's global one.
    """

    name: str
    description: str
    fill: Callable[[Tensor, Generator | None], object] | None


INITIALISATIONS: dict[str, Initialisation] = {
    "default": Initialisation("Default", "What each kind of layer draws by itself.", None),
    "xavier": Initialisation(
        "Xavier",
        "Uniform, variance 2 / (inputs + outputs): for tanh and sigmoid (Glorot & Bengio 2010).",
        lambda weight, generator: init.xavier_uniform_(weight, generator=generator),
    ),
    "he": Initialisation(
        "He",
        "Normal, variance 2 / inputs: for ReLU and its kin (He, Zhang, Ren & Sun 2015).",
        lambda weight, generator: init.kaiming_normal_(weight, nonlinearity="relu", generator=generator),
    ),
    "lecun": Initialisation(
        "LeCun",
        "Normal, variance 1 / inputs: for SELU and tanh (LeCun, Bottou, Orr & Müller 1998).",
        lambda weight, generator: init.kaiming_normal_(weight, nonlinearity="linear", generator=generator),
    ),
    "orthogonal": Initialisation(
        "Orthogonal",
        "Rows that stand at right angles to each other (Saxe, McClelland & Ganguli 2014).",
        lambda weight, generator: init.orthogonal_(weight, generator=generator),
    ),
    "normal": Initialisation(
        "Normal",
        "Normal, standard deviation 0.05 whatever the layer's size.",
        lambda weight, generator: init.normal_(weight, std=0.05, generator=generator),
    ),
}


def initialise(model: nn.Module, name: str) -> None:
    """Draw all weights of a network anew, from torch's global generator, unless `name` is "default".

    Weights of normalisation layers and other vectors stay as they are, apart from biases.
    """
    fill = INITIALISATIONS[name].fill
    if fill is None:
        return
    for key, parameter in model.named_parameters():
        if parameter.dim() >= 2:
            fill(parameter, None)
        elif "bias" in key:
            init.zeros_(parameter)
