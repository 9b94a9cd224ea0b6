"""Counts of every step of one forward pass: FLOPs, parameters, and what is kept for the backward pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry, sdpa_flop_count

from core.layers.events import Layer
from core.layers.tracing import Step, observed, storage_of, tensors_in
from core.models.plans import fully_connected

MAX_FUNCTIONS_NAMED = 3


@dataclass
class Counts:
    """One step of the network with its counts."""

    step: Step
    outputs: tuple[Tensor, ...] = ()
    parameters: list[nn.Parameter] = field(default_factory=list)
    flops: int = 0
    kept_bytes: int = 0

    @property
    def computes(self) -> bool:
        """Whether anything is new after it: neither a view, nor a number that says how much there is."""
        given = {storage_of(tensor) for tensor in self.step.inputs}
        new = any(one.is_floating_point() and storage_of(one) not in given for one in self.outputs)
        return new or bool(self.parameters) or self.flops > 0


class Counter:
    """Observes the forward passes of a network, and counts each step."""

    def __init__(self, network: nn.Module) -> None:
        self.steps: list[Counts] = []
        self._unused = {storage_of(weight): weight for weight in network.parameters()}
        self._seen = {key: weight.untyped_storage() for key, weight in self._unused.items()}
        self._flops = _Flops()

    @contextmanager
    def counting(self, network: nn.Module, activations: Sequence[str]) -> Iterator[None]:
        """Count all that is called while this lasts, as in a training step."""
        hooks = torch.autograd.graph.saved_tensors_hooks(self._keep, lambda tensor: tensor)
        with hooks, self._flops, observed(network, self.observe, activations):
            yield

    def observe(self, step: Step, call: Callable[[], Any]) -> Any:
        """Make the call and count it."""
        now = Counts(step)
        self.steps.append(now)
        before = self._flops.total
        result = call()
        now.flops = self._flops.total - before
        now.outputs = tensors_in(result)
        if step.module is not None or now.computes:  # a mere view of weights does not use them
            now.parameters = [
                weight
                for key in self._weights_of(step)
                if (weight := self._unused.pop(key, None)) is not None
            ]
        return result

    def _weights_of(self, step: Step) -> list[int]:
        used = step.inputs if step.module is None else tuple(step.module.parameters())
        return [storage_of(tensor) for tensor in used]

    def _keep(self, tensor: Tensor) -> Tensor:
        """Autograd saves a tensor: count its memory once, and that of the weights never."""
        storage = tensor.untyped_storage()
        if storage._cdata not in self._seen:
            self._seen[storage._cdata] = storage  # held, so that no other memory gets its number
            self.steps[-1].kept_bytes += storage.nbytes()
        return tensor


class _Flops(TorchDispatchMode):
    """Sums the FLOPs of products of matrices, convolutions and attention, as FlopCounterMode defines them.

    Beyond its registry: the CPU's kernels of attention and of the LSTM, which are products of matrices too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        packet = func._overloadpacket
        if packet in flop_registry:
            self.total += flop_registry[packet](*args, **kwargs, out_val=out)
        elif packet is torch.ops.aten._scaled_dot_product_flash_attention_for_cpu:
            self.total += sdpa_flop_count(*(tensor.shape for tensor in args[:3]))
        elif packet is torch.ops.aten.mkldnn_rnn_layer:
            x, on_input, on_state = args[:3]
            self.total += 2 * math.prod(x.shape[:2]) * (on_input.numel() + on_state.numel())
        return out


def layers(steps: list[Counts], batch: int | None) -> tuple[Layer, ...]:
    """A Layer for each step that computes something, functions in a row inside one module as one.

    batch is the samples of the first axis, None where there is no such axis.
    """
    return tuple(_layer(group, batch) for group in grouped(steps))


def grouped(steps: list[Counts]) -> list[list[Counts]]:
    """The steps that compute something; functions in a row inside one module belong together."""
    groups: list[list[Counts]] = []
    for now in steps:
        if not now.computes:
            continue
        last = groups[-1][-1].step if groups else None
        if last is not None and _is_function(last) and _is_function(now.step) and last.path == now.step.path:
            groups[-1].append(now)
        else:
            groups.append([now])
    return groups


def _is_function(step: Step) -> bool:
    return step.module is None and not step.is_activation


def _layer(group: list[Counts], batch: int | None) -> Layer:
    first, last = group[0], group[-1]
    weights = [weight for now in group for weight in now.parameters]
    parameters = sum(weight.numel() for weight in weights)
    kinds = list(dict.fromkeys(now.step.kind for now in group))
    more = ", …" if len(kinds) > MAX_FUNCTIONS_NAMED else ""
    input_shape, output_shape = _shape(first.step.inputs[0], batch), _shape(last.outputs[0], batch)
    return Layer(
        name=_name(first.step),
        kind=", ".join(kinds[:MAX_FUNCTIONS_NAMED]) + more,
        input_shape=input_shape,
        output_shape=output_shape,
        parameters=parameters,
        weight_bytes=sum(weight.nbytes for weight in weights),
        flops=sum(now.flops for now in group),
        kept_bytes=sum(now.kept_bytes for now in group),
        dense_parameters=fully_connected(input_shape, output_shape) if _convolves(first.step) else None,
    )


def _name(step: Step) -> str:
    if step.module is not None:
        return step.path
    own = "activation" if step.is_activation else step.kind
    return f"{step.path}.{own}" if step.path else own


def _convolves(step: Step) -> bool:
    return isinstance(step.module, nn.Conv2d)


def _shape(tensor: Tensor, batch: int | None) -> tuple[int, ...]:
    shape = tuple(tensor.shape)
    return shape[1:] if batch is not None and shape[:1] == (batch,) else shape
