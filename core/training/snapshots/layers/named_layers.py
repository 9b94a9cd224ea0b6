"""The layers of a network, by names that people can read, and what flows through them."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Activated:
    """Pre-activations (batch, units, ...) and their activation function, named after the layer before."""

    name: str
    before: Tensor
    function: Function


def label(parameter: str) -> str:
    """A parameter's layer: of "layers.0.weight" it is "layers 1", of "recurrent.weight_hh_l0" "state 1"."""
    recurrent = re.fullmatch(r"(?:.*\.)?weight_(ih|hh)_l(\d+)(_reverse)?", parameter)
    if recurrent:
        what = "input" if recurrent[1] == "ih" else "state"
        return f"{what} {int(recurrent[2]) + 1}" + (" back" if recurrent[3] else "")
    name = parameter.removesuffix(".weight")
    return re.sub(r"\.(\d+)", lambda number: f" {int(number[1]) + 1}", name).replace(".", " ")


def weights_of(model: nn.Module) -> dict[str, nn.Parameter]:
    """Weight matrices and kernels by label, in order; biases and other vectors are left out."""
    return {label(name): weight for name, weight in model.named_parameters() if weight.dim() > 1}


def activated(model: nn.Module, inputs: Tensor) -> list[Activated]:
    """The pre-activations of a network in evaluation mode, in the order of the pass.

    A copy of the network is run, so that the one that learns stays as it is.
    """
    copied = copy.deepcopy(model).eval()
    seen: list[Activated] = []
    latest: list[tuple[str, nn.Module]] = []

    def watched(function: Function) -> Function:
        def note(before: Tensor) -> Tensor:
            name, layer = latest[-1]
            # Units of a fully connected layer are the last axis, after the steps of a sequence.
            units_second = before.movedim(-1, 1) if isinstance(layer, nn.Linear) else before
            seen.append(Activated(name, units_second, function))
            return function(before)

        return note

    def passed(name: str, layer: nn.Module) -> Callable[..., None]:
        return lambda *_: latest.append((name, layer))

    for name, module in copied.named_modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            module.register_forward_hook(passed(label(name), module))
        function = vars(module).get("activation")
        if callable(function):
            module.activation = watched(function)
        elif functions := vars(module).get("activations"):  # one for each layer
            module.activations = [watched(one) for one in functions]
    with torch.no_grad():
        copied(inputs)
    return seen
