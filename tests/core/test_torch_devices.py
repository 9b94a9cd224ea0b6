"""Devices by torch's names: one meaning of "cuda", settings of torch that are restored, reasons."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from core import torch_devices
from core.errors import InvalidRequest
from core.torch_devices import (
    DEVICE_ERRORS,
    device_error,
    failure,
    is_out_of_memory,
    present_device,
    resolve,
    threads,
)


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


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: ..."),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.00 GiB, max allowed: 9.07 GiB)."),
    ],
)
def test_running_out_of_memory_is_recognised_however_it_is_said(error: BaseException) -> None:
    assert is_out_of_memory(error)


def test_other_errors_are_not_taken_for_memory() -> None:
    assert not is_out_of_memory(RuntimeError("shapes do not fit"))
    assert not is_out_of_memory(ValueError("out of memory"))


PYPI = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120"]
NO_KERNEL = "CUDA error: no kernel image is available for execution on the device"


def failing(monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], built_for: list[str]) -> str | None:
    """What is said of a card on which nothing runs."""

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError(NO_KERNEL)

    monkeypatch.setattr(torch, "ones", refuse)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: built_for)
    return failure("cuda:0")


def test_a_card_that_this_torch_has_no_kernels_for_is_told_which_wheel_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = str(failing(monkeypatch, (6, 1), PYPI))
    assert "compute capability 6.1" in old
    assert "torch 2.14 or older for CUDA 12.6" in old
    assert old.endswith("pip install torch --index-url https://download.pytorch.org/whl/cu126")
    new = str(failing(monkeypatch, (12, 0), ["sm_50", "sm_60", "sm_70", "sm_90"]))
    assert "torch 2.11 or newer for CUDA 13.0" in new
    assert "no wheel of a present torch has" in str(failing(monkeypatch, (3, 5), PYPI))


@pytest.mark.parametrize(
    ("capability", "built_for"),
    [
        ((8, 9), ["sm_80"]),  # a binary runs on the later cards of its generation
        ((9, 0), ["compute_80"]),  # PTX is compiled for a newer card by its driver
        ((9, 0), ["sm_90a"]),
        ((12, 1), PYPI),
        ((7, 0), ["sm_70", "sm_75"]),
        ((9, 4), ["gfx942"]),  # not NVIDIA's
        ((9, 0), []),
    ],
)
def test_where_there_are_kernels_the_cards_own_words_stay(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], built_for: list[str]
) -> None:
    assert failing(monkeypatch, capability, built_for) == NO_KERNEL


def test_a_cpu_is_not_tried() -> None:
    assert failure("cpu") is None
