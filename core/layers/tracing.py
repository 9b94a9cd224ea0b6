"""Every step of a network's forward pass, in order, with the call that does it.

A step is a module of torch.nn, an activation function that a module of ours holds, or a torch function that
is called between these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


@dataclass(frozen=True)
class Step:
    """One step: the module that it is or in which it is called, by torch's name, and its inputs."""

    path: str
    kind: str
    inputs: tuple[Tensor, ...]
    module: nn.Module | None = None  # None for a function
    is_activation: bool = False


# What is done at each step: make the call, and give back what it returned.
Observer = Callable[[Step, Callable[[], Any]], Any]


@contextmanager
def observed(network: nn.Module, observe: Observer, activations: Sequence[str] = ("",)) -> Iterator[None]:
    """While this lasts, observe(step, call) makes every call of a forward pass; afterwards all is as before.

    activations: what the function that the network was built with is called, or that of each of its layers.
    """
    tracer = _Tracer(observe)
    with ExitStack() as undo:
        for path, module in network.named_modules():
            call = partial(tracer.layer if _is_layer(module) else tracer.within, path, module)
            module.forward = partial(call, module.forward)
            undo.callback(delattr, module, "forward")  # that of its class is found again
            function = vars(module).get("activation")
            if callable(function) and not _is_layer(module):
                module.activation = partial(tracer.activation, path, activations[0], function)
                undo.callback(setattr, module, "activation", function)
            elif functions := vars(module).get("activations"):
                names = (
                    activations if len(activations) == len(functions) else [activations[0]] * len(functions)
                )
                module.activations = [
                    partial(tracer.activation, path, name, one)
                    for name, one in zip(names, functions, strict=True)
                ]
                undo.callback(setattr, module, "activations", functions)
        undo.enter_context(tracer)
        yield


def storage_of(tensor: Tensor) -> int:
    """What tells one tensor's memory from another's, views of it alike; also on the meta device."""
    return tensor.untyped_storage()._cdata


def tensors_in(values: Any) -> tuple[Tensor, ...]:
    """All tensors inside tuples, lists, mappings and packed sequences."""
    return tuple(value for value in tree_leaves(values) if isinstance(value, Tensor))


def _is_layer(module: nn.Module) -> bool:
    return type(module).__module__.startswith("torch.nn") and not isinstance(module, _CONTAINERS)


class _Tracer(TorchFunctionMode):
    """Sees every torch function outside a layer; layers and activations come through their wrappers."""

    def __init__(self, observe: Observer) -> None:
        super().__init__()
        self._observe = observe
        self._path = ""

    def layer(
        self, path: str, module: nn.Module, forward: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """A call of a module of torch.nn: nothing inside it is a step of its own."""
        step = Step(path, _kind_of(module), tensors_in((args, kwargs)), module)
        with torch._C.DisableTorchFunction():
            return self._observe(step, partial(forward, *args, **kwargs))

    def within(
        self, path: str, _module: nn.Module, forward: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """A call of a module whose parts are the steps."""
        around, self._path = self._path, path
        try:
            return forward(*args, **kwargs)
        finally:
            self._path = around

    def activation(self, path: str, kind: str, function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        """A call of a module's own activation function."""
        step = Step(path, kind or getattr(function, "__name__", "activation"), (x,), is_activation=True)
        with torch._C.DisableTorchFunction():
            result: Tensor = self._observe(step, partial(function, x))
            return result

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """A call of a torch function, or of a method or property of a tensor."""
        call = partial(function, *args, **(kwargs or {}))
        inputs = tensors_in((args, kwargs))
        if not inputs:  # a new tensor of zeros, say
            return call()
        return self._observe(Step(self._path, function.__name__.strip("_"), inputs), call)


def _kind_of(module: nn.Module) -> str:
    """Its class, and of a convolution or pooling the size of its window."""
    window = getattr(module, "kernel_size", None)
    if window is None:
        return type(module).__name__
    height, width = window if isinstance(window, tuple) else (window, window)
    return f"{type(module).__name__} {height} × {width}"
