"""What more cores do not help: starting an operation, and steps that each wait for the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lazy import LazyModule
from core.timing.workloads.workload import FLOATS, Built, Draw, Workload, prepare_by, torch_dtype

if TYPE_CHECKING:
    import torch
else:
    torch = LazyModule("torch")

FAMILY = "Serial work"
# Chaotic, so that no step can be skipped; below 4, so that rounding never ends it at 0.
_RATE = 3.7


def _launch(size: int, draw: Draw) -> Built:
    one = draw(1)

    def launch() -> torch.Tensor:
        for _ in range(size):
            torch.neg(one, out=one)
        return one

    return Built(launch)


def _recurrence(size: int, draw: Draw) -> Built:
    kind, device = torch_dtype(draw.kind), draw.device
    x, rest, one = (torch.full((1,), value, dtype=kind, device=device) for value in (0.4, 0.0, 1.0))

    def iterate() -> torch.Tensor:
        for _ in range(size):
            torch.sub(one, x, out=rest)
            x.mul_(rest).mul_(_RATE)
        return x

    return Built(iterate)


SERIAL = {
    "launch": Workload(
        title="Launch of the smallest operation",
        family=FAMILY,
        size_means="operations on one number, one after the other",
        sizes=(1, 4, 16, 64),
        dtypes=FLOATS,
        steps=("forward",),
        prepare=prepare_by(_launch),
        flops=lambda n, step="forward": n,
        bytes_moved=lambda n, element_bytes, step="forward": 2 * element_bytes,
        memory_bytes=lambda n, element_bytes, step="forward": element_bytes,
    ),
    "serial_recurrence": Workload(
        title="Serial recurrence, the logistic map",
        family=FAMILY,
        size_means=f"steps of x ← {_RATE} x (1 − x), each from the one before",
        sizes=(1, 4, 16, 64, 256, 1024),
        dtypes=FLOATS,
        steps=("forward",),
        prepare=prepare_by(_recurrence),
        flops=lambda n, step="forward": 3 * n,
        bytes_moved=lambda n, element_bytes, step="forward": 2 * element_bytes,
        memory_bytes=lambda n, element_bytes, step="forward": 3 * element_bytes,
        transfer_bytes=lambda n, element_bytes: (element_bytes, element_bytes),
    ),
}
