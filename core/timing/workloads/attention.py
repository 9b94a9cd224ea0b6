"""Scaled dot-product attention. Source: Vaswani et al. 2017, "Attention is all you need"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lazy import LazyModule
from core.timing.workloads.workload import (
    FLOATS_AND_TF32,
    TRAINING,
    Built,
    Draw,
    Workload,
    check_by,
    forward_or_three_times,
    prepare_by,
)

if TYPE_CHECKING:
    import torch.nn.functional as F
else:
    F = LazyModule("torch.nn.functional")

BATCH, HEADS, HEAD_SIZE = 2, 8, 64


def _elements(tokens: int) -> int:
    """Of the queries, and as many of the keys, the values and the result."""
    return BATCH * HEADS * tokens * HEAD_SIZE


def _attention(size: int, draw: Draw) -> Built:
    shape = (BATCH, HEADS, size, HEAD_SIZE)
    q, k, v = draw(*shape), draw(*shape), draw(*shape)
    return Built(lambda: F.scaled_dot_product_attention(q, k, v), (q, k, v), draw(*shape))


def _bytes(size: int, element_bytes: int, step: str = "forward") -> int:
    # Queries, keys, values, result; training has the gradient of each besides.
    return _elements(size) * (8 if step == TRAINING else 4) * element_bytes


ATTENTION = {
    "attention": Workload(
        title="Scaled dot-product attention",
        family="Attention",
        size_means=f"tokens of {BATCH} sequences, {HEADS} heads of {HEAD_SIZE}",
        sizes=(64, 128, 256, 512, 1024, 2048, 4096),
        dtypes=FLOATS_AND_TF32,
        steps=("forward", "training"),
        prepare=prepare_by(_attention),
        # Two products of tokens × head size × tokens; backward four. Fused kernels do a fifth one to save
        # memory, which is not counted, since the result does not need it.
        flops=forward_or_three_times(lambda tokens: 4 * _elements(tokens) * tokens),
        bytes_moved=_bytes,
        memory_bytes=_bytes,
        check=check_by(_attention),
        transfer_bytes=lambda tokens, element_bytes: (
            3 * _elements(tokens) * element_bytes,
            _elements(tokens) * element_bytes,
        ),
    ),
}
