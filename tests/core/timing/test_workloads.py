"""Workloads do the work that they count."""

from __future__ import annotations

import inspect

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from core.timing.dtypes import DTYPE_BYTES
from core.timing.workloads import WORKLOADS, support
from core.timing.workloads.workload import torch_dtype

EVERY = list(WORKLOADS)
# torch counts products of matrices, convolutions and attention, and these are made of nothing else.
PRODUCTS = [name for name in EVERY if name.startswith(("gemm", "conv2d", "attention", "mlp", "lenet"))]
TRANSFERS = [name for name in EVERY if "host" in name]
CHECKED = [name for name in EVERY if WORKLOADS[name].check]


def counted(name: str, size: int, step: str) -> int:
    operation = WORKLOADS[name].prepare(size, "float32", "cpu", 0, step)
    # torch does not count inside the CPU's fused attention, so it runs as two products here.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        operation()
    return counter.get_total_flops()


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("size", [1, 7, 16])
def test_flops_are_those_that_torch_counts(name: str, size: int) -> None:
    for step in WORKLOADS[name].steps:
        assert WORKLOADS[name].flops(size, step) == counted(name, size, step)


@pytest.mark.parametrize("name", EVERY)
def test_every_default_size_has_sensible_counts(name: str) -> None:
    workload = WORKLOADS[name]
    assert list(workload.sizes) == sorted(set(workload.sizes))
    assert set(workload.dtypes) <= set(DTYPE_BYTES)
    for step in workload.steps:
        for count in (workload.flops, *(work_of(workload, each, step) for each in ("bytes", "memory"))):
            values = [count(size, step) for size in workload.sizes]
            assert all(isinstance(value, int) for value in values)
            assert values == sorted(values)
        assert workload.memory_bytes(workload.sizes[0], 4, step) > 0


def work_of(workload, which, step):
    function = workload.bytes_moved if which == "bytes" else workload.memory_bytes
    return lambda size, step: function(size, 4, step)


@pytest.mark.parametrize("name", [name for name in EVERY if name not in TRANSFERS])
def test_every_step_runs_at_its_smallest_size(name: str) -> None:
    workload = WORKLOADS[name]
    for step in workload.steps:
        assert support(workload, "float32", "cpu", step) is None


@pytest.mark.parametrize("name", CHECKED)
def test_the_result_is_that_of_float64(name: str) -> None:
    workload = WORKLOADS[name]
    for dtype in workload.dtypes:
        if support(workload, dtype, "cpu"):
            continue
        result, exact = workload.check(workload.sizes[0], dtype, "cpu", 5)
        assert exact.dtype == torch.float64
        assert result.shape == exact.shape
        error = (result.double() - exact).norm() / exact.norm()
        assert error < {"float64": 1e-12, "float32": 1e-5, "int8": 1e-12}.get(dtype, 0.03), dtype


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
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


def test_operands_follow_the_regime() -> None:
    assert not WORKLOADS["gemm"].prepare(8, "float32", "cpu", 0, "forward", "zeros")().any()
    assert (WORKLOADS["gemm"].prepare(8, "float32", "cpu", 0, "forward", "constant")() == 8).all()


def test_a_format_that_is_not_there_is_a_reason_in_words() -> None:
    assert "Ampere" in str(support(WORKLOADS["gemm"], "tf32", "cpu")) or "tensor cores" in str(
        support(WORKLOADS["gemm"], "tf32", "cpu")
    )


@pytest.mark.parametrize("name", TRANSFERS)
def test_transfers_need_a_device_of_their_own(name: str) -> None:
    assert "has to be transferred" in str(support(WORKLOADS[name], "float32", "cpu"))


def test_every_format_is_one_of_torchs() -> None:
    for dtype, size in DTYPE_BYTES.items():
        assert torch_dtype(dtype).itemsize == size


def test_steps_and_data_may_be_left_out() -> None:
    for workload in WORKLOADS.values():
        for function in (workload.prepare, workload.flops, workload.bytes_moved, workload.memory_bytes):
            assert inspect.signature(function).parameters["step"].default == workload.steps[0]
