"""Devices by torch's names: one meaning of "cuda", settings of torch that are restored, reasons."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from core import torch_devices
from core.errors import InvalidRequest
from core.torch_devices import DEVICE_ERRORS, device_error, present_device, resolve, threads, true_float32


def test_cuda_alone_is_the_first_gpu_and_other_names_stay() -> None:
    names = ("cpu", "cuda", "cuda:0", "cuda:7", "mps", "xpu")
    assert [resolve(name) for name in names] == ["cpu", "cuda:0", "cuda:0", "cuda:7", "mps", "xpu"]


def test_a_device_that_is_not_here_is_refused_with_its_name() -> None:
    with pytest.raises(InvalidRequest, match="'cuda:99'"):
        present_device("cuda:99")
    assert present_device("cpu") == torch.device("cpu")


def test_threads_come_back_also_after_an_error() -> None:
    before = torch.get_num_threads()
    seen = []

    def fail() -> None:
        seen.append(torch.get_num_threads())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), threads(1):
        fail()
    assert seen == [1]
    assert torch.get_num_threads() == before
    with threads(None):
        assert torch.get_num_threads() == before


def test_float32_is_true_inside_and_as_before_after() -> None:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        with true_float32():
            assert torch.get_float32_matmul_precision() == "highest"
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)


def test_what_torch_raises_for_the_impossible_is_caught_with_its_reason() -> None:
    impossible = (
        lambda: torch.empty(2**62),  # more memory than there can be
        lambda: torch.ones(2, dtype=torch.int8).softmax(0),  # an operation that the format lacks
        lambda: torch.float3,  # a format that torch lacks
    )
    for attempt in impossible:
        with pytest.raises(DEVICE_ERRORS) as raised:
            attempt()
        assert len(device_error(raised.value).splitlines()) == 1
    assert device_error(RuntimeError()) == "RuntimeError"


def test_importing_it_leaves_torch_alone() -> None:
    program = f"import sys, {torch_devices.__name__}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
