"""Every device of this machine behind one interface. Importing and calling it never imports torch.

Names of readings, where a device has them: utilisation and others (%), clock and memory_clock (MHz),
temperature (°C), power and power_limit (W), memory_used, memory_total and memory_free (B), load,
throttled_by_power, throttled_by_heat, throttled_by_hardware (1 or 0).
Names of counters, whose differences are of interest: energy (J), throttled_by_* (s).
"""

from __future__ import annotations

from core.devices import cpu, nvidia, other
from core.devices.cpu import Mark, mark, usable_cores
from core.devices.environment import environment
from core.devices.reading import Device, Reading, not_reported
from core.devices.torch_build import torch_build

__all__ = [
    "KINDS",
    "Device",
    "Mark",
    "Reading",
    "absent",
    "clock",
    "counters",
    "devices",
    "environment",
    "link",
    "mark",
    "memory_free_bytes",
    "read",
    "usable_cores",
]

# Kinds of device that torch can use, and their names for users.
KINDS = {"cpu": "CPU", "cuda": "NVIDIA GPU", "mps": "Apple GPU", "xpu": "Intel GPU"}


def devices() -> list[Device]:
    """What this machine has, the CPU first. absent() says which of these torch cannot use."""
    return [cpu.device(), *nvidia.devices(), *other.devices()]


def absent() -> dict[str, str]:
    """Kinds of accelerator that torch cannot use here, each with the reason."""
    reasons = {
        "cuda": _cuda_absent_because(),
        "mps": other.mps_absent_because(),
        "xpu": other.xpu_absent_because(),
    }
    return {kind: reason for kind, reason in reasons.items() if reason}


def read(device_id: str, since: Mark | None = None) -> dict[str, Reading]:
    """All readings of one device now, by name.

    since: for the CPU, the moment from which its utilisation counts; without one it waits 0.1 s.
    Raises KeyError for an unknown kind of device.
    """
    if device_id == "cpu":
        return cpu.read(since)
    if device_id.startswith(("cuda", "GPU-")):
        return nvidia.read(device_id)
    if (kind := device_id.partition(":")[0]) in KINDS:
        return other.read(kind)
    raise KeyError(device_id)


def clock(device_id: str) -> Reading:
    """The clock of a device's cores now, MHz. Never waits."""
    if device_id == "cpu":
        return cpu.clock()
    return read(device_id).get("clock") or not_reported("clock", "MHz", f"{device_id} is not read here")


def counters(device_id: str) -> dict[str, Reading]:
    """What a device has counted so far, by name; empty where it counts nothing. Never waits."""
    if device_id == "cpu":
        return cpu.counters()
    return nvidia.counters(device_id) if device_id.startswith(("cuda", "GPU-")) else {}


def link(device_id: str) -> dict[str, Reading]:
    """pcie_generation and pcie_width (lanes) of a device's link to the host now; empty where not known."""
    return nvidia.link(device_id) if device_id.startswith(("cuda", "GPU-")) else {}


def memory_free_bytes(device_id: str) -> int | None:
    """Memory that a program can allocate now on a device; None where it is not reported."""
    if device_id == "cpu":
        return cpu.memory_free_bytes()
    free = read(device_id).get("memory_free")
    return None if free is None or free.value is None else int(free.value)


def _cuda_absent_because() -> str | None:
    """No driver, or a torch without CUDA, or both: each needs another remedy, so both are reported."""
    build, no_driver = torch_build(), nvidia.absent_because()
    if build.hip:
        return None  # torch calls AMD's GPUs cuda as well, and only torch knows whether there is one
    no_cuda = None if build.cuda else f"this torch build ({build.version or 'not installed'}) has no CUDA"
    if no_driver and no_cuda:
        return f"{no_driver}; {no_cuda} either"
    if no_cuda:
        names = ", ".join(device.name for device in nvidia.devices())
        return f"{no_cuda[0].upper()}{no_cuda[1:]}, though the driver lists {names}"
    return no_driver
