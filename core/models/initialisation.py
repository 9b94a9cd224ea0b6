"""Every initialisation of the weights. To add one, add an entry."""

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
    """One initialisation of the weights."""

    name: str
    description: str
    # fill(weight, generator) initialises a weight (fan_out, fan_in, ...) in place, from torch's global
    # generator if it is None. Without fill, weights and biases stay as the layers initialised them.
    fill: Callable[[Tensor, Generator | None], object] | None


INITIALISATIONS: dict[str, Initialisation] = {
    "default": Initialisation("Default", "PyTorch's default of each kind of layer.", None),
    "xavier": Initialisation(
        "Xavier",
        "Uniform, variance 2 / (inputs + outputs): for tanh and sigmoid (Glorot & Bengio 2010).",
        lambda weight, generator: init.xavier_uniform_(weight, generator=generator),
    ),
    "he": Initialisation(
        "He",
        "Normal, variance 2 / inputs: for ReLU and its variants (He, Zhang, Ren & Sun 2015).",
        lambda weight, generator: init.kaiming_normal_(weight, nonlinearity="relu", generator=generator),
    ),
    "lecun": Initialisation(
        "LeCun",
        "Normal, variance 1 / inputs: for SELU and tanh (LeCun, Bottou, Orr & Müller 1998).",
        lambda weight, generator: init.kaiming_normal_(weight, nonlinearity="linear", generator=generator),
    ),
    "orthogonal": Initialisation(
        "Orthogonal",
        "Orthogonal rows (Saxe, McClelland & Ganguli 2014).",
        lambda weight, generator: init.orthogonal_(weight, generator=generator),
    ),
    "normal": Initialisation(
        "Normal",
        "Normal, standard deviation 0.05 whatever the layer's size.",
        lambda weight, generator: init.normal_(weight, std=0.05, generator=generator),
    ),
}


def initialise(model: nn.Module, name: str) -> None:
    """Initialise all weights of a network, from torch's global generator, unless `name` is "default".

    Biases become zero; weights of normalisation layers and other vectors stay as they are.
    """
    fill = INITIALISATIONS[name].fill
    if fill is None:
        return
    for key, parameter in model.named_parameters():
        if parameter.dim() >= 2:
            fill(parameter, None)
        elif "bias" in key:
            init.zeros_(parameter)
