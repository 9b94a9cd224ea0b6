"""Every activation function of the registry, and any typed one, over a vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.activations import ACTIVATIONS, find
from core.activations.expressions.expression import expression
from core.lazy import LazyModule
from core.timing.workloads.workload import (
    BACKWARD,
    FLOATS,
    FORWARD,
    TRAINING,
    Build,
    Built,
    Draw,
    Workload,
    check_by,
    forward_or_three_times,
    prepare_by,
)

if TYPE_CHECKING:
    import torch
else:
    torch = LazyModule("torch")

# From 1,024 to 16,777,216 elements.
_SIZES = tuple(4**power for power in range(5, 13))


def _function(key: str) -> Build:
    def build(size: int, draw: Draw) -> Built:
        # The identity does nothing at all; written out, it is a copy like any other function's.
        function = torch.clone if key == "identity" else find(key).function
        x = draw(size)
        return Built(lambda: function(x), (x,), draw(size))

    return build


# Vectors that each step must read or write: x and f(x), and in training the gradients of both besides.
# Backward alone needs the gradients, and x or f(x) for the slope.
_VECTORS = {FORWARD: 2, TRAINING: 4, BACKWARD: 3}


def _bytes(size: int, element_bytes: int, step: str = FORWARD) -> int:
    return size * _VECTORS[step] * element_bytes


def _memory(size: int, element_bytes: int, step: str = FORWARD) -> int:
    return size * (2 if step == FORWARD else 4) * element_bytes


def _entry(key: str, title: str) -> Workload:
    build = _function(key)
    return Workload(
        title=title,
        family="Activations",
        size_means="elements",
        sizes=_SIZES,
        dtypes=FLOATS,
        # The identity's gradient is handed on as it is: there is no backward pass to time.
        steps=(FORWARD, TRAINING) if key == "identity" else (FORWARD, TRAINING, BACKWARD),
        prepare=prepare_by(build),
        # One operation an element: what a formula really costs differs between implementations, and what
        # counts is how near the operation comes to the bandwidth of a copy.
        flops=forward_or_three_times(lambda size: size),
        bytes_moved=_bytes,
        memory_bytes=_memory,
        check=check_by(build),
        transfer_bytes=lambda size, element_bytes: (size * element_bytes, size * element_bytes),
    )


ACTIVATION = {f"activation_{key}": _entry(key, activation.name) for key, activation in ACTIVATIONS.items()}


def of_expression(text: str) -> Workload:
    """A typed activation over a vector. Raises InvalidRequest for what is no expression of x."""
    return _entry(text, expression(text).text)
