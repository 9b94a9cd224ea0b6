"""Whether torch can work on a device here, and if not why, in words."""

from __future__ import annotations

import torch

from core import devices


def why_absent(device: str) -> str | None:
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
