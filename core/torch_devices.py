"""Devices as torch knows them: whether one can be used here, and if not why, in words; CPU threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from core import devices
from core.errors import InvalidRequest


def unavailable_reason(device: str) -> str | None:
    """None when torch can use this device, given by torch's name ("cuda:0", "mps")."""
    kind, _, index = device.partition(":")
    found = _COUNTS[kind]()
    if found == 0:
        return (
            devices.absent().get(kind)
            or f"torch {torch.__version__} finds no {devices.KINDS[kind]} that it can use"
        )
    if int(index or 0) >= found:
        names = ", ".join(f"{kind}:{number}" for number in range(found))
        return f"There is no {device}; torch finds {names}"
    return None


def readable_id(device: str) -> str:
    """The id under which core.devices reads this device.

    The two may count GPUs in different orders, so a CUDA device goes by its UUID.
    """
    if torch.device(device).type != "cuda" or torch.version.hip:
        return device
    return f"GPU-{torch.cuda.get_device_properties(device).uuid}"


def _cuda_count() -> int:
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


_COUNTS = {
    "cpu": lambda: 1,
    "cuda": _cuda_count,
    "mps": lambda: int(torch.backends.mps.is_available()),
    "xpu": lambda: torch.xpu.device_count() if torch.xpu.is_available() else 0,
}


def present_device(name: str) -> torch.device:
    """torch's device of this name. Raises InvalidRequest with the reason when it cannot be used here."""
    reason = unavailable_reason(name)
    if reason:
        raise InvalidRequest(f"The device {name!r} cannot be used: {reason}.")
    return torch.device(name)


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """torch's CPU threads while this lasts; the number before comes back after."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
