"""Workloads do the work that they count."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from core.timing.dtypes import DTYPE_BYTES
from core.timing.workloads import WORKLOADS


@pytest.mark.parametrize("name", list(WORKLOADS))
@pytest.mark.parametrize("size", [1, 7, 64])
def test_flops_are_those_that_torch_counts(name: str, size: int) -> None:
    operation = WORKLOADS[name].prepare(size, "float32", "cpu", 0)
    with FlopCounterMode(display=False) as counter:
        operation()
    assert WORKLOADS[name].flops(size) == counter.get_total_flops()


@pytest.mark.parametrize("dtype", list(DTYPE_BYTES))
def test_gemm_multiplies_random_matrices_of_the_right_kind(dtype: str) -> None:
    result = WORKLOADS["gemm"].prepare(48, dtype, "cpu", 3)()
    assert result.dtype == getattr(torch, dtype)
    assert result.element_size() == DTYPE_BYTES[dtype]
    # Entries of a product of two standard normal 48 x 48 matrices have mean 0 and variance 48.
    assert 30 < result.double().var().item() < 70


def test_the_same_seed_gives_the_same_operands() -> None:
    first, second, other = (WORKLOADS["gemm"].prepare(8, "float32", "cpu", seed)() for seed in (1, 1, 2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert not torch.equal(first, other)


def test_gemm_holds_and_moves_three_matrices() -> None:
    gemm = WORKLOADS["gemm"]
    assert gemm.memory_bytes(100, 4) == gemm.bytes_moved(100, 4) == 3 * 100 * 100 * 4
