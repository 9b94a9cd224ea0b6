"""Operations along rows: softmax, layer normalisation, and a sum over everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lazy import LazyModule
from core.timing.workloads.workload import (
    FLOATS,
    TRAINING,
    Built,
    Draw,
    Workload,
    check_by,
    forward_or_three_times,
    prepare_by,
)

if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F
else:
    torch = LazyModule("torch")
    F = LazyModule("torch.nn.functional")

FAMILY = "Rows and sums"
FEATURES = 1024
_ROWS = (16, 64, 256, 1024, 4096, 16384)


def _softmax(size: int, draw: Draw) -> Built:
    x = draw(size, FEATURES)
    return Built(lambda: torch.softmax(x, dim=1), (x,), draw(size, FEATURES))


def _layer_norm(size: int, draw: Draw) -> Built:
    x, scale, shift = draw(size, FEATURES), draw(FEATURES), draw(FEATURES)
    return Built(lambda: F.layer_norm(x, (FEATURES,), scale, shift), (x, scale, shift), draw(size, FEATURES))


def _sum(size: int, draw: Draw) -> Built:
    x = draw(size)
    return Built(lambda: torch.sum(x))


def _moved(rows: int, element_bytes: int, step: str, vectors: int) -> int:
    # Training besides reads the gradient of the result and writes those of the inputs.
    times = 2 if step == TRAINING else 1
    return times * (2 * rows + vectors) * FEATURES * element_bytes


REDUCTION = {
    "softmax": Workload(
        title="Softmax",
        family=FAMILY,
        size_means=f"rows of {FEATURES} features",
        sizes=_ROWS,
        dtypes=FLOATS,
        steps=("forward", "training"),
        prepare=prepare_by(_softmax),
        # An element: compared, reduced by the largest, exponentiated, added up, divided.
        flops=forward_or_three_times(lambda rows: 5 * rows * FEATURES),
        bytes_moved=lambda rows, element_bytes, step="forward": _moved(rows, element_bytes, step, 0),
        memory_bytes=lambda rows, element_bytes, step="forward": _moved(rows, element_bytes, step, 0),
        check=check_by(_softmax),
        transfer_bytes=lambda rows, element_bytes: (
            rows * FEATURES * element_bytes,
            rows * FEATURES * element_bytes,
        ),
    ),
    "layer_norm": Workload(
        title="Layer normalisation",
        family=FAMILY,
        size_means=f"rows of {FEATURES} features",
        sizes=_ROWS,
        dtypes=FLOATS,
        steps=("forward", "training"),
        prepare=prepare_by(_layer_norm),
        # An element: added up, centred, squared, added up, divided by the deviation, scaled, shifted.
        flops=forward_or_three_times(lambda rows: 7 * rows * FEATURES),
        bytes_moved=lambda rows, element_bytes, step="forward": _moved(rows, element_bytes, step, 2),
        memory_bytes=lambda rows, element_bytes, step="forward": _moved(rows, element_bytes, step, 2),
        check=check_by(_layer_norm),
        transfer_bytes=lambda rows, element_bytes: (
            (rows + 2) * FEATURES * element_bytes,
            rows * FEATURES * element_bytes,
        ),
    ),
    "reduction": Workload(
        title="Sum of all elements",
        family=FAMILY,
        size_means="elements that are added up",
        sizes=tuple(4**power for power in range(5, 14)),
        dtypes=FLOATS,
        steps=("forward",),
        prepare=prepare_by(_sum),
        flops=lambda n, step="forward": n - 1,
        bytes_moved=lambda n, element_bytes, step="forward": (n + 1) * element_bytes,
        memory_bytes=lambda n, element_bytes, step="forward": (n + 1) * element_bytes,
        check=check_by(_sum),
        transfer_bytes=lambda n, element_bytes: (n * element_bytes, element_bytes),
    ),
}
