"""The layers of a network, by names that people can read, and what flows through them."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

MAX_LAYERS = 12  # of a deep network are shown, first and last among them
SAMPLES = 100  # held back, on which the network is looked at

Item = TypeVar("Item")
Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Activated:
    """What came into an activation, (batch, units, ...), and its function; named after the layer before."""

    name: str
    before: Tensor
    function: Function


def label(parameter: str) -> str:
    """ "layers.0.weight" as "layers 1", "recurrent.weight_hh_l0" as "state 1"."""
    recurrent = re.fullmatch(r"(?:.*\.)?weight_(ih|hh)_l(\d+)(_reverse)?", parameter)
    if recurrent:
        what = "input" if recurrent[1] == "ih" else "state"
        return f"{what} {int(recurrent[2]) + 1}" + (" back" if recurrent[3] else "")
    name = parameter.removesuffix(".weight")
    return re.sub(r"\.(\d+)", lambda number: f" {int(number[1]) + 1}", name).replace(".", " ")


def spread(items: Sequence[Item], most: int = MAX_LAYERS) -> list[Item]:
    """At most so many of the items, evenly spread, first and last among them."""
    if len(items) <= most:
        return list(items)
    return [items[place] for place in np.linspace(0, len(items) - 1, most).round().astype(int)]


def weights_of(model: nn.Module) -> dict[str, nn.Parameter]:
    """Weight matrices and kernels by label, in order; biases and other vectors are left out."""
    return {label(name): weight for name, weight in model.named_parameters() if weight.dim() > 1}


def held_back(learner: Any, most: int = SAMPLES) -> np.ndarray:
    """Numbers of held-back samples, evenly spread, always the same ones."""
    count = len(learner.test_inputs)
    return np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int))


def activated(model: nn.Module, inputs: Tensor) -> list[Activated]:
    """What comes into each activation of a network at rest, in the order of the pass.

    A copy of the network is run, so that the one that learns stays as it is.
    """
    copied = copy.deepcopy(model).eval()
    seen: list[Activated] = []
    latest = [""]

    def watched(function: Function) -> Function:
        def note(before: Tensor) -> Tensor:
            seen.append(Activated(latest[0], before, function))
            return function(before)

        return note

    def passed(name: str) -> Callable[..., None]:
        return lambda *_: latest.__setitem__(0, name)

    for name, module in copied.named_modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            module.register_forward_hook(passed(label(name)))
        function = vars(module).get("activation")
        if callable(function):
            module.activation = watched(function)
    with torch.no_grad():
        copied(inputs)
    return seen
