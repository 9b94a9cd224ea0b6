"""Devices as torch knows them: names, what is unavailable and why, errors, threads. Importing it is cheap."""

from __future__ import annotations

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


def resolve(name: str) -> str:
    """torch's full name of a device: "cuda" alone is the first GPU, "cuda:0"."""
    return "cuda:0" if name == "cuda" else name


def unavailable_reason(device: str) -> str | None:
    """None when torch can use this device, given by torch's name ("cuda:0", "mps")."""
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
    return None


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


@contextmanager
def true_float32() -> Iterator[None]:
    """float32 products are computed in float32, not TF32 or bfloat16; the setting is restored afterwards."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


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
            torch.cuda.empty_cache()


def _cuda_count() -> int:
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


_COUNTS = {
    "cpu": lambda: 1,
    "cuda": _cuda_count,
    "mps": lambda: int(torch.backends.mps.is_available()),
    "xpu": lambda: torch.xpu.device_count() if torch.xpu.is_available() else 0,
}
