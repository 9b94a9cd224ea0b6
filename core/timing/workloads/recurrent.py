"""Recurrent layers, read step by step: RNN, LSTM and GRU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lazy import LazyModule
from core.timing.workloads.workload import (
    FLOATS_AND_TF32,
    FORWARD,
    TRAINING,
    Build,
    Built,
    Draw,
    Workload,
    check_by,
    prepare_by,
    torch_dtype,
)

if TYPE_CHECKING:
    import torch
    from torch import nn
else:
    torch = LazyModule("torch")
    nn = LazyModule("torch.nn")

STEPS, BATCH = 32, 32


def _elements(size: int) -> int:
    """Of the input, and as many of the output."""
    return STEPS * BATCH * size


def _parameters(gates: int, size: int) -> int:
    return gates * (2 * size * size + 2 * size)


def _layer(kind: str) -> Build:
    def build(size: int, draw: Draw) -> Built:
        x = draw(STEPS, BATCH, size)
        # Made without memory first, since its own random weights would only be written over.
        layer = getattr(nn, kind)(size, size, dtype=torch_dtype(draw.kind), device="meta")
        layer.to_empty(device=draw.device)
        with torch.no_grad():
            for weight in layer.parameters():
                weight.copy_(draw.weights(*weight.shape, fan_in=size))
        layer.requires_grad_(False)  # the training step asks for what it needs
        return Built(lambda: layer(x)[0], (x, *layer.parameters()), draw(STEPS, BATCH, size))

    return build


def _entry(name: str, kind: str, gates: int) -> Workload:
    build = _layer(kind)

    def flops(size: int, step: str = FORWARD) -> int:
        one_product = 2 * gates * BATCH * size * size  # at each step one with the input, one with the state
        forward = 2 * STEPS * one_product
        # The state before the first step is a constant and needs no gradient.
        return 3 * forward - one_product if step == TRAINING else forward

    def moved(size: int, element_bytes: int, step: str = FORWARD) -> int:
        # Training besides reads the gradient of the result, and writes those of the input and the weights.
        times = 2 if step == TRAINING else 1
        return times * (2 * _elements(size) + _parameters(gates, size)) * element_bytes

    def memory(size: int, element_bytes: int, step: str = FORWARD) -> int:
        # Training saves the gates and the state of every step.
        saved = (gates + 2) * _elements(size) * element_bytes if step == TRAINING else 0
        return moved(size, element_bytes, step) + saved

    return Workload(
        title=name,
        family="Recurrent layers",
        size_means=f"units; {BATCH} sequences of {STEPS} steps",
        sizes=(16, 32, 64, 128, 256, 512, 1024),
        dtypes=FLOATS_AND_TF32,
        steps=("forward", "training"),
        prepare=prepare_by(build),
        flops=flops,
        bytes_moved=moved,
        memory_bytes=memory,
        check=check_by(build),
        transfer_bytes=lambda size, element_bytes: (
            (_elements(size) + _parameters(gates, size)) * element_bytes,
            _elements(size) * element_bytes,
        ),
    )


RECURRENT = {
    "rnn": _entry("RNN layer", "RNN", gates=1),
    "lstm": _entry("LSTM layer", "LSTM", gates=4),
    "gru": _entry("GRU layer", "GRU", gates=3),
}
