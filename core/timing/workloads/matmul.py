"""Products of matrices: square, skinny and many small ones at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lazy import LazyModule
from core.timing.workloads.workload import (
    FLOATS_AND_TF32,
    Built,
    Draw,
    Workload,
    check_by,
    prepare_by,
    torch_dtype,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = LazyModule("torch")

FAMILY = "Matrix products"
FORMATS = (*FLOATS_AND_TF32, "int8", "float8")
SKINNY_COLUMNS = 16  # the fewest that tensor cores take in every format
BATCH = 64


def product(rows: int, inner: int, columns: int, draw: Draw, fast_accumulation: bool = False) -> Built:
    """(rows, inner) times (inner, columns), written over at every call, so that none pays for an allocation.

    int8 gives int32 and float8 gives bfloat16, as the hardware does; there the second operand lies column by
    column, as tensor cores read it. fast_accumulation: whether the sums of float8 may be kept in fewer bits
    than float32 has, which torch does not do unless it is asked.
    """
    a = draw(rows, inner)
    b = draw(columns, inner).t() if draw.dtype in ("int8", "float8") else draw(inner, columns)
    if draw.kind == "int8":
        whole = draw.result(rows, columns, torch.int32)
        return Built(lambda: torch._int_mm(a, b, out=whole))
    if draw.kind == "float8":
        one = torch.ones((), device=draw.device)
        kind = torch.bfloat16
        return Built(
            lambda: torch._scaled_mm(a, b, one, one, out_dtype=kind, use_fast_accum=fast_accumulation)
        )
    result = draw.result(rows, columns, torch_dtype(draw.kind))
    return Built(lambda: torch.mm(a, b, out=result))


def _square(size: int, draw: Draw) -> Built:
    return product(size, size, size, draw)


def _skinny(size: int, draw: Draw) -> Built:
    return product(size, size, SKINNY_COLUMNS, draw)


def _batched(size: int, draw: Draw) -> Built:
    a, b = draw(BATCH, size, size), draw(BATCH, size, size)
    result: Tensor = torch.empty_like(a)
    return Built(lambda: torch.bmm(a, b, out=result))


def _bytes(rows: int, inner: int, columns: int, element_bytes: int) -> int:
    # One-byte formats give results of at least two bytes.
    return (rows + columns) * inner * element_bytes + rows * columns * max(element_bytes, 2)


def _ways(rows: int, inner: int, columns: int, element_bytes: int) -> tuple[int, int]:
    return (rows + columns) * inner * element_bytes, rows * columns * max(element_bytes, 2)


MATMUL = {
    "gemm": Workload(
        title="Matrix multiplication",
        family=FAMILY,
        size_means="N of an N × N by N × N product",
        sizes=(64, 128, 256, 512, 1024, 2048, 4096, 8192),
        dtypes=FORMATS,
        steps=("forward",),
        prepare=prepare_by(_square),
        flops=lambda n, step="forward": 2 * n**3,
        bytes_moved=lambda n, element_bytes, step="forward": _bytes(n, n, n, element_bytes),
        memory_bytes=lambda n, element_bytes, step="forward": _bytes(n, n, n, element_bytes),
        check=check_by(_square),
        transfer_bytes=lambda n, element_bytes: _ways(n, n, n, element_bytes),
    ),
    "gemm_skinny": Workload(
        title="Skinny matrix multiplication",
        family=FAMILY,
        size_means=f"N of an N × N by N × {SKINNY_COLUMNS} product",
        sizes=(64, 128, 256, 512, 1024, 2048, 4096, 8192),
        dtypes=FORMATS,
        steps=("forward",),
        prepare=prepare_by(_skinny),
        flops=lambda n, step="forward": 2 * n * n * SKINNY_COLUMNS,
        bytes_moved=lambda n, element_bytes, step="forward": _bytes(n, n, SKINNY_COLUMNS, element_bytes),
        memory_bytes=lambda n, element_bytes, step="forward": _bytes(n, n, SKINNY_COLUMNS, element_bytes),
        check=check_by(_skinny),
        transfer_bytes=lambda n, element_bytes: _ways(n, n, SKINNY_COLUMNS, element_bytes),
    ),
    "gemm_batched": Workload(
        title="Batched matrix multiplication",
        family=FAMILY,
        size_means=f"N of {BATCH} products N × N by N × N",
        sizes=(8, 16, 32, 64, 128, 256, 512),
        dtypes=FLOATS_AND_TF32,
        steps=("forward",),
        prepare=prepare_by(_batched),
        flops=lambda n, step="forward": 2 * BATCH * n**3,
        bytes_moved=lambda n, element_bytes, step="forward": 3 * BATCH * n * n * element_bytes,
        memory_bytes=lambda n, element_bytes, step="forward": 3 * BATCH * n * n * element_bytes,
        check=check_by(_batched),
        transfer_bytes=lambda n, element_bytes: (
            2 * BATCH * n * n * element_bytes,
            BATCH * n * n * element_bytes,
        ),
    ),
}
