"""A network of layers as the list of what it computes, read off a trace of it by torch.fx."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

# Kinds of steps: layers with weights, those without, functions.
DENSE, CONV, BATCH_NORM, LAYER_NORM = "dense", "conv", "batch_norm", "layer_norm"
DROPOUT, MAX_POOL, ACTIVATION = "dropout", "max_pool", "activation"
FLATTEN, MEAN, ADD, EVERY, NEW_CHANNELS = "flatten", "mean", "add", "every", "new_channels"

_KINDS: dict[type[nn.Module], str] = {
    nn.Linear: DENSE,
    nn.Conv2d: CONV,
    nn.BatchNorm1d: BATCH_NORM,
    nn.BatchNorm2d: BATCH_NORM,
    nn.LayerNorm: LAYER_NORM,
    nn.Dropout: DROPOUT,
    nn.MaxPool2d: MAX_POOL,
}
_VARIABLES = ("x", "y", "z")


@dataclass(frozen=True)
class Step:
    """result = what one of the kinds above makes of other variables."""

    kind: str
    result: str
    of: tuple[str, ...]
    layer: str = ""  # its name in the network, where it is one
    module: Any = None  # the layer itself
    value: Any = None  # (size, stride) of a pooling, every so many positions, so many channels, a name


def steps_of(network: nn.Module, activations: Sequence[str]) -> list[Step]:
    """All from the input, which is x, to the output, which is the last result.

    activations: the names that its activations get, one for each hidden layer or one for all.
    Raises LookupError for a layer or a function that has no kind here.
    """
    network = _with_marks(network, activations)
    graph, modules = fx.Tracer().trace(network), dict(network.named_modules())
    _leave_out_what_does_nothing(graph, modules)
    last_reader = {read: node for node in graph.nodes for read in node.all_input_nodes}
    names: dict[fx.Node, str] = {}
    free, steps = [*_VARIABLES], []
    for node in graph.nodes:
        if node.op == "output":
            break
        # With its last reader a variable is free again, so that a network without branches has x alone.
        of = tuple(names[read] for read in node.all_input_nodes)
        free = sorted([*free, *(names[read] for read in node.all_input_nodes if last_reader[read] is node)])
        names[node] = free.pop(0)
        if node.op != "placeholder":
            steps.append(_step(node, names[node], of, modules))
    return steps


def _with_marks(network: nn.Module, names: Sequence[str]) -> nn.Module:
    """A copy whose activations compute nothing and leave their names in a trace."""
    marked = copy.deepcopy(network)
    module: Any
    for module in marked.modules():
        if hasattr(module, "activations"):
            each = names if len(names) > 1 else [*names] * len(module.activations)
            module.activations = [_mark(name) for name in each]
        elif hasattr(module, "activation"):
            module.activation = _mark(names[0])
    return marked


def _mark(name: str) -> Callable[[Any], Any]:
    return lambda x: x.tracer.create_proxy("call_function", _mark, (x, name), {})


def _leave_out_what_does_nothing(graph: fx.Graph, modules: Mapping[str, nn.Module]) -> None:
    for node in [*graph.nodes]:
        module = modules.get(str(node.target)) if node.op == "call_module" else None
        if isinstance(module, nn.Identity) or (isinstance(module, nn.Dropout) and module.p == 0):
            node.replace_all_uses_with(node.args[0])
            graph.erase_node(node)


def _step(node: fx.Node, result: str, of: tuple[str, ...], modules: Mapping[str, nn.Module]) -> Step:
    """The step that a node of the trace stands for."""
    if node.op == "call_module":
        module = modules[str(node.target)]
        if type(module) not in _KINDS:
            raise LookupError(f"{type(module).__name__} has no kind of step")
        value = (module.kernel_size, module.stride) if isinstance(module, nn.MaxPool2d) else None
        return Step(_KINDS[type(module)], result, of, str(node.target), module, value)
    target: Any = node.target
    rest: Any = node.args[1:]
    if target is _mark:
        return Step(ACTIVATION, result, of, value=rest[0])
    if target in (torch.flatten, "flatten") and rest == (1,):
        return Step(FLATTEN, result, of)
    if target is F.max_pool2d and node.kwargs["stride"] is None and node.kwargs["padding"] == 0:
        return Step(MAX_POOL, result, of, value=(rest[0], rest[0]))
    if target == "mean" and node.kwargs == {"dim": (2, 3)}:
        return Step(MEAN, result, of)
    if target is operator.add and len(of) == 2:
        return Step(ADD, result, of)
    if target is operator.getitem:
        *whole, rows, columns = rest[0]
        if whole == [slice(None)] * 2 and rows == columns == slice(None, None, rows.step):
            return Step(EVERY, result, of, value=rows.step)
    if target is F.pad and rest[0][:5] == (0,) * 5 and node.kwargs["value"] is None:
        return Step(NEW_CHANNELS, result, of, value=rest[0][5])
    raise LookupError(f"{node.format_node()} has no kind of step")
