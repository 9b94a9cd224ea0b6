"""Every device of this machine behind one interface. Importing and calling it never imports torch.

Names of readings, where a device has them: utilisation and others (%), clock and memory_clock (MHz),
temperature (°C), power and power_limit (W), memory_used, memory_total and memory_free (B), load,
throttled_by_power, throttled_by_heat, throttled_by_hardware (1 or 0).
Names of counters, whose differences are of interest: energy (J), throttled_by_* (s).
monitored() and health() have more of them: core.monitor.figures says what each is.
"""

from __future__ import annotations

import threading

from core.devices import cpu, gpus, nvidia, other, torch_view
from core.devices.cpu import Mark, mark, max_threads, usable_cores
from core.devices.environment import environment
from core.devices.gpu_processes import GpuProcess
from core.devices.reading import Device, Reading, not_reported

__all__ = [
    "KINDS",
    "Device",
    "GpuProcess",
    "Mark",
    "Reading",
    "absent",
    "ask_torch_soon",
    "clock",
    "counters",
    "devices",
    "environment",
    "health",
    "kind_name",
    "link",
    "mark",
    "max_threads",
    "memory_free_bytes",
    "monitored",
    "processes",
    "read",
    "usable",
    "usable_cores",
    "warnings",
]

# Kinds of device that torch can use, and their names for users; kind_name() knows AMD's.
KINDS = {"cpu": "CPU", "cuda": "NVIDIA GPU", "mps": "Apple GPU", "xpu": "Intel GPU"}


def kind_name(kind: str) -> str:
    """A kind of device for users: torch calls AMD's GPUs cuda as well."""
    return f"{gpus.vendor()} GPU" if kind == "cuda" else KINDS[kind]


def devices() -> list[Device]:
    """What this machine has, the CPU first; usable() has those that torch can use."""
    return [cpu.device(), *gpus.devices(), *other.devices()]


def usable() -> list[Device]:
    """The devices that torch can use, the CPU first. The first call may take seconds: it asks torch.

    torch is asked in a process of its own, and only where it was built for an accelerator whose driver is
    here.
    """
    if gpus.may_be_there() or other.may_be_there():
        torch_view.ask()
    lacking = absent()
    return [device for device in devices() if device.kind not in lacking and _is_torchs(device)]


def ask_torch_soon() -> None:
    """Begin now, in the background, what usable() may have to wait for."""
    threading.Thread(target=usable, daemon=True, name="ask torch").start()


def absent() -> dict[str, str]:
    """Kinds of accelerator that torch cannot use here, each with the reason."""
    reasons = {
        "cuda": gpus.absent_because(),
        "mps": other.mps_absent_because(),
        "xpu": other.xpu_absent_because(),
    }
    return {kind: reason for kind, reason in reasons.items() if reason}


def warnings() -> list[str]:
    """A sentence for each device that is here and cannot be used or reached."""
    lacking, every = absent(), devices()
    kinds = dict.fromkeys(device.kind for device in every if device.kind in lacking)
    others = [device for device in every if device.kind not in lacking and not _is_torchs(device)]
    return [
        *(f"{lacking[kind]}, so PyTorch cannot use it." for kind in kinds),
        *(f"PyTorch does not list {device.name} ({device.id}), so it cannot use it." for device in others),
        *(f"{sentence}." for sentence in nvidia.unreachable()),
    ]


def read(device_id: str, since: Mark | None = None) -> dict[str, Reading]:
    """All readings of one device now, by name.

    since: for the CPU, the moment from which its utilisation counts; without one it waits 0.1 s.
    Raises KeyError for an unknown kind of device.
    """
    if device_id == "cpu":
        return cpu.read(since)
    if _is_gpu(device_id):
        return gpus.read(device_id)
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
    return gpus.counters(device_id) if _is_gpu(device_id) else {}


def link(device_id: str) -> dict[str, Reading]:
    """pcie_generation and pcie_width (lanes) of a device's link to the host now; empty where not known."""
    return gpus.link(device_id) if _is_gpu(device_id) else {}


def monitored(device_id: str, since: Mark) -> dict[str, Reading]:
    """Whatever a device reports that may change from second to second. Never waits.

    since: for the CPU, the moment from which its utilisation counts.
    """
    if device_id == "cpu":
        return cpu.monitored(since)
    return gpus.monitored(device_id) if _is_gpu(device_id) else read(device_id)


def health(device_id: str) -> dict[str, Reading]:
    """What changes rarely or never: limits, memory errors, modes."""
    if device_id == "cpu":
        return cpu.health()
    if _is_gpu(device_id):
        return gpus.health(device_id)
    return other.health(device_id.partition(":")[0])


def processes(device_id: str) -> list[GpuProcess]:
    """The processes on a GPU. Raises LookupError, with the reason, where they are not reported."""
    if _is_gpu(device_id):
        return gpus.processes(device_id)
    raise LookupError("not reported: the processes on this device are not read here")


def memory_free_bytes(device_id: str) -> int | None:
    """Memory that a program can allocate now on a device; None where it is not reported."""
    if device_id == "cpu":
        return cpu.memory_free_bytes()
    free = read(device_id).get("memory_free")
    return None if free is None or free.value is None else int(free.value)


def _is_gpu(device_id: str) -> bool:
    """torch's name of a GPU of NVIDIA's or AMD's, or its driver's: a UUID, or a place on the bus."""
    return device_id.startswith(("cuda", "GPU-", "MIG-")) or device_id[:1].isdigit()


def _is_torchs(device: Device) -> bool:
    """Whether it goes by torch's name, and not by its driver's for want of one."""
    return device.id.partition(":")[0] in KINDS
