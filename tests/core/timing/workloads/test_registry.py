"""Workloads do the work that they count."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from core.activations import ACTIVATIONS
from core.timing import workloads
from core.timing.workloads import WORKLOADS, Workload, recurrent, support
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.workload import torch_dtype

EVERY = list(WORKLOADS)
# torch counts products of matrices, convolutions and attention, and these are made of nothing else.
PRODUCTS = [name for name in EVERY if name.startswith(("gemm", "conv2d", "attention"))]
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


@pytest.mark.parametrize(("name", "kind"), [("rnn", "RNN"), ("lstm", "LSTM"), ("gru", "GRU")])
def test_recurrent_flops_are_those_that_torch_counts_in_its_own_layer(name: str, kind: str) -> None:
    # In float64, where torch takes the layer apart into products that it can count.
    layer = getattr(torch.nn, kind)(12, 12, dtype=torch.float64)
    x = torch.randn(recurrent.STEPS, recurrent.BATCH, 12, dtype=torch.float64, requires_grad=True)
    with torch.no_grad(), FlopCounterMode(display=False) as forward:
        layer(x)
    with FlopCounterMode(display=False) as training:
        layer(x)[0].sum().backward()
    assert WORKLOADS[name].flops(12) == forward.get_total_flops()
    assert WORKLOADS[name].flops(12, "training") == training.get_total_flops()


@pytest.mark.parametrize("name", ["softmax", "layer_norm", "activation_relu", "conv2d", "lstm"])
def test_a_training_step_gives_the_gradients_of_autograd(name: str) -> None:
    step = WORKLOADS[name].prepare(WORKLOADS[name].sizes[0], "float64", "cpu", 1, "training")
    first, again = step(), step()
    assert all(bool(gradient.isfinite().all()) and bool(gradient.any()) for gradient in first)
    for one, other in zip(first, again, strict=True):
        torch.testing.assert_close(one, other)


def test_the_gradient_of_relu_is_that_of_its_upstream_where_it_is_on() -> None:
    size = WORKLOADS["activation_relu"].sizes[0]
    (gradient,) = WORKLOADS["activation_relu"].prepare(size, "float32", "cpu", 7, "training")()
    generator = torch.Generator().manual_seed(7)
    x, upstream = (torch.randn(size, generator=generator) for _ in range(2))
    torch.testing.assert_close(gradient, torch.where(x > 0, upstream, 0.0))


def test_every_activation_of_the_registry_can_be_timed() -> None:
    assert {f"activation_{key}" for key in ACTIVATIONS} <= set(WORKLOADS)


NO_FAMILY = ("axes", "dtypes", "operand_fill", "registry", "workload")


def test_every_family_is_in_the_registry() -> None:
    for module in pkgutil.iter_modules(workloads.__path__):
        if module.name not in NO_FAMILY:
            family = importlib.import_module(f"core.timing.workloads.{module.name}")
            entries = getattr(family, module.name.upper())
            assert entries.items() <= WORKLOADS.items()


def test_the_logistic_map_is_the_logistic_map() -> None:
    x = 0.4
    for _ in range(4):
        x = 3.7 * x * (1 - x)
    assert WORKLOADS["serial_recurrence"].prepare(4, "float64", "cpu", 0)().item() == pytest.approx(x)


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


def work_of(workload: Workload, which: str, step: str) -> Callable[[int, str], int]:
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
    # ResNet-18 in the formats that a CPU has no instructions for takes long, and shows nothing new.
    for dtype in ("float32",) if name == "resnet18_step" else workload.dtypes:
        if support(workload, dtype, "cpu", "forward"):
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


def test_operands_are_filled_as_asked() -> None:
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
