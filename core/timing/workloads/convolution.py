"""Two-dimensional convolution, as the blocks of a ResNet use it."""

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

BATCH, CHANNELS, KERNEL = 16, 64, 3
_WEIGHTS = CHANNELS * CHANNELS * KERNEL**2


def _maps(side: int) -> int:
    """Elements of the input, and as many of the output."""
    return BATCH * CHANNELS * side * side


def _conv2d(size: int, draw: Draw) -> Built:
    x = draw(BATCH, CHANNELS, size, size)
    weight = draw.weights(CHANNELS, CHANNELS, KERNEL, KERNEL, fan_in=CHANNELS * KERNEL**2)
    return Built(lambda: F.conv2d(x, weight, padding=1), (x, weight), draw(BATCH, CHANNELS, size, size))


def _bytes(size: int, element_bytes: int, step: str = "forward") -> int:
    # Training besides reads the gradient of the result, and writes those of the input and the weights.
    return (2 * _maps(size) + _WEIGHTS) * (2 if step == TRAINING else 1) * element_bytes


CONVOLUTION = {
    "conv2d": Workload(
        title="2-D convolution",
        family="Convolution",
        size_means=f"side of images, {BATCH} of {CHANNELS} channels, to {CHANNELS} channels by 3 × 3",
        sizes=(7, 14, 28, 56, 112, 224),
        dtypes=FLOATS_AND_TF32,
        steps=("forward", "training"),
        prepare=prepare_by(_conv2d),
        flops=forward_or_three_times(lambda side: 2 * BATCH * side * side * _WEIGHTS),
        bytes_moved=_bytes,
        memory_bytes=_bytes,
        check=check_by(_conv2d),
        least_flops=False,
        transfer_bytes=lambda side, element_bytes: (
            (_maps(side) + _WEIGHTS) * element_bytes,
            _maps(side) * element_bytes,
        ),
    ),
}
