"""What can be timed, in one registry. An entry prepares an operation and knows its work and its memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
else:
    torch = LazyModule("torch")


@dataclass(frozen=True)
class Workload:
    """One operation over a range of sizes.

    prepare(size, dtype, device, seed) fills random operands and returns the operation, a call without
    arguments; flops(size) counts its floating-point operations; bytes_moved(size, element_bytes) is the
    least that must cross the memory bus, operands in and result out; memory_bytes(size, element_bytes) is
    what it holds allocated.
    """

    title: str
    size_means: str
    prepare: Callable[[int, str, str, int], Callable[[], Any]]
    flops: Callable[[int], int]
    bytes_moved: Callable[[int, int], int]
    memory_bytes: Callable[[int, int], int]


def _gemm(size: int, dtype: str, device: str, seed: int) -> Callable[[], Any]:
    # Random, never zeros or untouched memory: zeros run faster on GPUs, untouched pages are not really there.
    generator = torch.Generator(device).manual_seed(seed)
    kind = getattr(torch, dtype)
    a, b = (torch.randn(size, size, dtype=kind, device=device, generator=generator) for _ in range(2))
    result = torch.empty_like(a)  # written over by every call, so that no call pays for an allocation
    return lambda: torch.mm(a, b, out=result)


WORKLOADS = {
    "gemm": Workload(
        title="Matrix multiplication",
        size_means="N of an N × N by N × N product",
        prepare=_gemm,
        flops=lambda n: 2 * n**3,
        bytes_moved=lambda n, element_bytes: 3 * n * n * element_bytes,
        memory_bytes=lambda n, element_bytes: 3 * n * n * element_bytes,
    ),
}
