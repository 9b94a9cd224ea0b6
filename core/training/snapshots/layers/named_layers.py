"""The layers of a network, by names that people can read, and what flows through them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.models.layer_names import layer_names, weight_name

Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Activated:
    """Pre-activations (batch, units, ...) and their activation function, named after the layer before."""

    name: str
    before: Tensor
    function: Function


def names_of(model: nn.Module) -> dict[str, str]:
    """What each module with a weight matrix or kernel of its own is called, by its path, in order."""
    modules = [
        (path, type(module).__name__)
        for path, module in model.named_modules()
        if any(weight.dim() > 1 for weight in module.parameters(recurse=False))
    ]
    return dict(zip((path for path, _ in modules), layer_names(modules), strict=True))


def weights_of(model: nn.Module) -> dict[str, nn.Parameter]:
    """Weight matrices and kernels by name, in order; biases and other vectors are left out."""
    modules = names_of(model)
    found: dict[str, nn.Parameter] = {}
    for parameter, weight in model.named_parameters():
        if weight.dim() > 1:
            path, _, own = parameter.rpartition(".")
            found[weight_name(own, modules[path])] = weight
    return found


def numbers_of(model: nn.Module, names: Sequence[str]) -> list[int]:
    """The place of each of these layers among all: what has one colour in every picture."""
    places = {name: number for number, name in enumerate(weights_of(model))}
    return [places[name] for name in names]


def activated(model: nn.Module, inputs: Tensor) -> list[Activated]:
    """The pre-activations of a network in evaluation mode, in the order of the pass.

    A copy of the network is run, so that the one that learns stays as it is.
    """
    copied = copy.deepcopy(model).eval()
    seen: list[Activated] = []
    latest: list[tuple[str, nn.Module]] = []
    names = names_of(copied)

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
            module.register_forward_hook(passed(names[name], module))
        function = vars(module).get("activation")
        if callable(function):
            module.activation = watched(function)
        elif functions := vars(module).get("activations"):  # one for each layer
            module.activations = [watched(one) for one in functions]
    with torch.no_grad():
        copied(inputs)
    return seen
