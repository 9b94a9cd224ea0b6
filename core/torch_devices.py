"""Devices as torch knows them: names, what is unavailable and why, errors, threads. Importing it is cheap."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core import devices
from core.devices import nvidia
from core.devices.amd import place_on_bus
from core.errors import InvalidRequest
from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
else:
    torch = LazyModule("torch")

# What torch raises for a format, an amount of memory or an operation that a device cannot do. Running out of
# memory and "not implemented" are RuntimeErrors.
DEVICE_ERRORS = (RuntimeError, TypeError, AttributeError)


def device_error(error: BaseException) -> str:
    """One of DEVICE_ERRORS as a reason: its first line, or its type where it is empty."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out: Python's, a device's, a library's, or torch's on a CPU."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT_OF_MEMORY)


_OUT_OF_MEMORY = (
    "can't allocate memory",
    "out of memory",  # CUDA's and HIP's own, and Metal's
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "OUT_OF_RESOURCES",  # Level Zero
)


def resolve(name: str) -> str:
    """torch's full name of a device: "cuda" alone is the first GPU, "cuda:0"."""
    return "cuda:0" if name == "cuda" else name


def unavailable_reason(device: str) -> str | None:
    """None when torch can use this device, by torch's name ("cuda:0", "mps"); an accelerator is tried."""
    kind, _, index = device.partition(":")
    found = _COUNTS[kind]()
    if found == 0:
        return (
            devices.absent().get(kind)
            or f"torch {torch.__version__} finds no {devices.kind_name(kind)} that it can use"
        )
    if int(index or 0) >= found:
        names = ", ".join(f"{kind}:{number}" for number in range(found))
        return f"There is no {device}; torch finds {names}"
    return failure(device)


def failure(device: str) -> str | None:
    """Why a device that torch lists cannot work now, found by a small product on it; None when it works.

    A card may be too old or too new for the torch that is installed, full, forbidden, or lost.
    """
    if device == "cpu":
        return None
    try:
        small = torch.ones(8, 8, device=device)
        float((small @ small).sum())  # waits until it is done
    except DEVICE_ERRORS as error:
        return _lacks_kernels(device) or device_error(error)
    return None


# The oldest compute capability that the wheels of a CUDA version have kernels for, newest wheels first.
# Source: https://github.com/pytorch/pytorch/blob/main/RELEASE.md, "PyTorch CUDA Support Matrix", torch 2.11
# to 2.14; from 2.15 on there are no wheels for CUDA 12 (https://github.com/pytorch/pytorch/issues/190385).
_WHEELS = ((7.5, "cu130", "torch 2.11 or newer"), (5.0, "cu126", "torch 2.14 or older"))


def _lacks_kernels(device: str) -> str | None:
    """Where the installed torch has no kernels for an NVIDIA card: that, and which wheel has some."""
    if torch.device(device).type != "cuda" or torch.version.hip:
        return None
    try:
        major, minor = torch.cuda.get_device_capability(device)
        built_for = torch.cuda.get_arch_list()
    except DEVICE_ERRORS:
        return None
    if not built_for or any(_runs_on(architecture, major, minor) for architecture in built_for):
        return None
    capability = float(f"{major}.{minor}")
    wheel = next((found for found in _WHEELS if found[0] <= capability), None)
    has = (
        f"{wheel[2]} for CUDA {wheel[1][2:4]}.{wheel[1][4:]} has: "
        f"pip install torch --index-url https://download.pytorch.org/whl/{wheel[1]}"
        if wheel
        else "and no wheel of a present torch has"
    )
    return (
        f"torch {torch.__version__} has no kernels for its compute capability {major}.{minor} "
        f"(but for {', '.join(built_for)}); {has}"
    )


def _runs_on(architecture: str, major: int, minor: int) -> bool:
    """Whether kernels of "sm_86" or "compute_90" run on a card: binaries in one generation, PTX on newer."""
    match = re.fullmatch(r"(sm|compute)_(\d+)(\d)([af]?)", architecture)
    if match is None:
        return True  # another way to write it: do not claim what is not known
    kind, generation, revision, special = match[1], int(match[2]), int(match[3]), match[4]
    if special == "a":
        return (generation, revision) == (major, minor)
    if kind == "sm":
        return generation == major and revision <= minor
    return (generation, revision) <= (major, minor)


def present_device(name: str) -> torch.device:
    """torch's device of this name. Raises InvalidRequest with the reason when it cannot be used here."""
    reason = unavailable_reason(name)
    if reason:
        raise InvalidRequest(f"The device {name!r} cannot be used: {reason}.")
    return torch.device(resolve(name))


def readable_id(device: str) -> str:
    """The id under which core.devices reads this device.

    The two may count GPUs in different orders, so one of NVIDIA's is identified by its UUID, and one of AMD's
    by its place on the bus.
    """
    if torch.device(device).type != "cuda":
        return device
    properties = torch.cuda.get_device_properties(device)
    if torch.version.hip:
        return place_on_bus(properties) or device
    return nvidia.with_uuid(str(properties.uuid))


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Set torch's CPU threads (None leaves them) and restore their number afterwards."""
    before = torch.get_num_threads()
    if count is not None:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def accelerator_opened() -> bool:
    """Whether this process has opened an accelerator: its context and cached memory stay until it ends."""
    if "torch" not in sys.modules:
        return False
    return (
        torch.cuda.is_initialized()
        or torch.xpu.is_initialized()
        or (torch.backends.mps.is_available() and torch.mps.driver_allocated_memory() > 0)
    )


@contextmanager
def gpu_memory_returned() -> Iterator[None]:
    """Release cached GPU memory at the end: a process that stays alive would keep it."""
    try:
        yield
    finally:
        if torch.cuda.is_initialized():
            with contextlib.suppress(*DEVICE_ERRORS):  # a card that is lost has nothing to give back
                torch.cuda.empty_cache()


def _cuda_count() -> int:
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


_COUNTS = {
    "cpu": lambda: 1,
    "cuda": _cuda_count,
    "mps": lambda: int(torch.backends.mps.is_available()),
    "xpu": lambda: torch.xpu.device_count() if torch.xpu.is_available() else 0,
}
