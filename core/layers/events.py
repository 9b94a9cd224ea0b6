"""What is counted of a network's layers, and the same as a table of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.models.layer_names import layer_names
from core.tables import csv_of_records

TOTAL = "total"


@dataclass(frozen=True)
class Layer:
    """One call of a layer, or functions between two layers, in one forward pass of a batch.

    Shapes are those of one sample, or of all nodes of a graph. A multiply-add is 2 FLOPs; as in papers and in
    PyTorch's FlopCounterMode, only products of matrices, convolutions and attention are counted.
    """

    name: str  # where it is in the network, as PyTorch names modules
    kind: str  # its class with what is particular to it, or the functions
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    parameters: int  # where a layer is called again, those of the first call alone
    weight_bytes: int  # of its parameters
    flops: int  # of the whole batch
    kept_bytes: int  # what autograd keeps for the backward pass of the batch, without the weights
    dense_parameters: int | None = None  # of a fully connected layer in place of a convolution
    seconds: float | None = None  # median of its forward pass for the batch; None where it was not timed


@dataclass(frozen=True)
class LayersCounted:
    """All layers of one network in the order in which a forward pass calls them."""

    name: str
    batch_size: int  # samples of the pass; 1 for a graph
    input_shape: tuple[int, ...]
    layers: tuple[Layer, ...]
    device: str  # where it was timed; "meta" where only shapes exist
    mlp_hidden: tuple[int, ...] = ()  # hidden layers of an MLP for the same task; () without a comparison
    mlp_parameters: int | None = None
    optimizer: str = ""  # of the training; empty for a reference
    optimizer_bytes: int | None = None  # of its state after a step; None for a reference


def totals(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums over all layers; seconds is None where nothing was timed."""
    summed = {
        name: sum(layer[name] for layer in layers)
        for name in ("parameters", "weight_bytes", "flops", "kept_bytes")
    }
    timed = [layer["seconds"] for layer in layers if layer["seconds"] is not None]
    return summed | {"seconds": sum(timed) if timed else None}


def table(counted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A flat row for each layer and one with the totals, from the record of LayersCounted.

    layer is what it is called, module where PyTorch has it, both as in names().
    FLOPs are those of one sample, bytes kept those of the batch; share of time is a fraction.
    """
    total, batch = totals(counted["layers"]), counted["batch_size"]
    rows = [
        _row(name, layer["name"], layer, total, batch)
        for name, layer in zip(names(counted["layers"]), counted["layers"], strict=True)
    ]
    first, last = counted["input_shape"], counted["layers"][-1]["output_shape"]
    whole = {"kind": "", "input_shape": first, "output_shape": last} | total
    return [*rows, _row(TOTAL, "", whole, total, batch)]


def names(layers: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each layer is called, from the records of layers."""
    return layer_names((layer["name"], layer["kind"]) for layer in layers)


def _row(
    name: str, module: str, of: Mapping[str, Any], total: Mapping[str, Any], batch: int
) -> dict[str, Any]:
    flops = of["flops"] / batch
    return {
        "layer": name,
        "module": module,
        "kind": of["kind"],
        "input": shape_text(of["input_shape"]),
        "output": shape_text(of["output_shape"]),
        "parameters": of["parameters"],
        "flops_per_sample": int(flops) if flops == int(flops) else flops,
        "weight_bytes": of["weight_bytes"],
        "kept_bytes_per_batch": of["kept_bytes"],
        "seconds_per_batch": of["seconds"],
        "time_share": None if total["seconds"] is None else (of["seconds"] or 0) / total["seconds"],
    }


def to_csv(counted: Mapping[str, Any]) -> str:
    """The table as CSV, empty where nothing was timed."""
    rows = [{name: "" if value is None else value for name, value in row.items()} for row in table(counted)]
    return csv_of_records(rows)


def shape_text(shape: Sequence[int]) -> str:
    """(6, 28, 28) as 6 × 28 × 28."""
    return " × ".join(map(str, shape)) or "1"


def bytes_text(count: float) -> str:
    """Bytes in a unit in which they are a short number."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
