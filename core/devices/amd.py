"""AMD's GPUs, read through amdsmi, which comes with ROCm. Without it they are there and are not read.

Source: https://rocm.docs.amd.com/projects/amdsmi/en/latest/reference/amdsmi-py-api.html
"""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

from core.devices import asking
from core.devices.asking import Ask, asked, fact, in_words
from core.devices.gpu_processes import GpuProcess
from core.devices.plausible import believed
from core.devices.reading import Device, Reading
from core.devices.torch_build import torch_build

# What renumbers the GPUs that a program sees.
_VISIBLE = ("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL")


def absent_because(driver: Path = Path("/dev/kfd")) -> str | None:
    """Why no program here can use an AMD GPU, or None when one may."""
    if platform.system() == "Linux" and not driver.exists():
        return f"No AMD driver: {driver} does not exist"
    return None


def devices() -> list[Device]:
    """The GPUs that amdsmi lists, in its order; empty without it."""
    try:
        return [_device(f"cuda:{index}", handle) for index, handle in enumerate(_handles())]
    except LookupError:
        return []


def read(device_id: str) -> dict[str, Reading]:
    """The readings of "cuda:0", ..., or of a GPU named by its place on the bus ("00000000:03:00.0")."""
    return asking.read(partial(_handle, device_id), _READINGS)


def monitored(device_id: str) -> dict[str, Reading]:
    """All that may change from second to second."""
    return asking.read(partial(_handle, device_id), _READINGS | _MORE)


def health(device_id: str) -> dict[str, Reading]:
    """What changes rarely or never."""
    return asking.read(partial(_handle, device_id), _HEALTH)


def processes(device_id: str) -> list[GpuProcess]:
    """The processes on a GPU. Raises LookupError, with the reason, where they are not reported."""
    try:
        listed = asked(_smi().amdsmi_get_gpu_process_list, _handle(device_id))
        return [
            GpuProcess(
                int(one["pid"]),
                fact(lambda: int(believed("memory", one["memory_usage"]["vram_mem"]))),  # noqa: B023
            )
            for one in asked(list, listed)
        ]
    except (LookupError, TypeError, ValueError) as error:
        raise LookupError(f"not reported: {in_words(error)}") from None


def place_on_bus(properties: Any) -> str | None:
    """Where torch says that a card is ("00000000:03:00.0"); None in releases that do not say it."""
    parts = [getattr(properties, f"pci_{part}_id", None) for part in ("domain", "bus", "device")]
    if any(part is None for part in parts):
        return None
    domain, bus, device = (int(part or 0) for part in parts)
    return f"{domain:08x}:{bus:02x}:{device:02x}.0"


def same_place(one: str, other: str) -> bool:
    """Whether two names of a place on the bus are one: leading zeros of its domain differ."""
    return one.lower().lstrip("0") == other.lower().lstrip("0")


@cache
def _library() -> ModuleType | str:
    """amdsmi, started; the reason where there is none."""
    try:
        library = importlib.import_module("amdsmi")
        library.amdsmi_init()
    except ImportError:
        return "amdsmi, which reads AMD's GPUs, is not installed"
    except Exception as error:  # it looks for the driver while it is imported
        return f"amdsmi does not start: {in_words(error)}"
    return library


def _smi() -> Any:
    library = _library()
    if isinstance(library, str):
        raise LookupError(library)
    return library


def _handles() -> list[Any]:
    return list(asked(_smi().amdsmi_get_processor_handles))


def _handle(device_id: str) -> Any:
    """amdsmi's handle; raises LookupError with the reason where it is not known which one is meant."""
    handles = _handles()
    if not device_id.startswith("cuda"):
        for handle in handles:
            if same_place(device_id, str(fact(_smi().amdsmi_get_gpu_device_bdf, handle))):
                return handle
        raise LookupError(f"amdsmi lists no GPU at {device_id}")
    if hidden := next((name for name in _VISIBLE if os.environ.get(name) is not None), None):
        raise LookupError(f"{hidden} renumbers the GPUs, so that it is not known which this is")
    index = int(device_id.partition(":")[2] or "0")
    if index >= len(handles):
        raise LookupError(f"there is no {device_id}; AMD GPUs that amdsmi lists: {len(handles)}")
    return handles[index]


def _device(device_id: str, handle: Any) -> Device:
    name = fact(lambda: str(_smi().amdsmi_get_gpu_asic_info(handle)["market_name"]))
    place = fact(_smi().amdsmi_get_gpu_device_bdf, handle)
    facts: dict[str, Any] = {
        "pci_bus_id": str(place) if place else None,
        "memory_bytes": fact(lambda: int(_memory("total", handle))),
        "rocm": torch_build().hip,
    }
    known = {key: value for key, value in facts.items() if value is not None}
    return Device(device_id, name or "AMD GPU", "cuda", known)


def _activity(handle: Any) -> float:
    return believed("utilisation", _smi().amdsmi_get_gpu_activity(handle)["gfx_activity"])


def _clock(name: str, kind: str, handle: Any) -> float:
    found = _smi().amdsmi_get_clock_info(handle, getattr(_smi().AmdSmiClkType, kind))
    return believed(name, found.get("clk", found.get("cur_clk")))  # releases before 6.1 have the latter


def _temperature(handle: Any) -> float:
    smi, failures = _smi(), []
    for sensor in ("HOTSPOT", "EDGE"):  # not every card has each
        try:
            kind, now = getattr(smi.AmdSmiTemperatureType, sensor), smi.AmdSmiTemperatureMetric.CURRENT
            raw = smi.amdsmi_get_temp_metric(handle, kind, now)
            return believed("temperature", raw, 1e-3 if isinstance(raw, int) and raw > 1000 else 1.0)
        except Exception as error:
            failures.append(error)
    raise failures[0]


def _power(handle: Any) -> float:
    found = _smi().amdsmi_get_power_info(handle)
    figures = (found.get(f"{which}_socket_power") for which in ("current", "average"))
    return believed("power", next((one for one in figures if isinstance(one, int | float)), None))


def _memory(part: str, handle: Any) -> float:
    """Bytes that are "used" or "free", or "total", of which neither can be more."""
    found = _smi().amdsmi_get_gpu_vram_usage(handle)  # MiB
    total = believed("memory_total", found["vram_total"], 2**20)
    used = believed("memory", found["vram_used"], 2**20)
    if used > total:
        raise LookupError("the driver gives more than there is")
    return {"total": total, "used": used, "free": total - used}[part]


_MEMORY: dict[str, Callable[[Any], float]] = {
    f"memory_{part}": partial(_memory, part) for part in ("used", "total", "free")
}
_READINGS: dict[str, Ask] = {
    "utilisation": ("%", _activity),
    "clock": ("MHz", partial(_clock, "clock", "GFX")),
    "memory_clock": ("MHz", partial(_clock, "memory_clock", "MEM")),
    "temperature": ("°C", _temperature),
    "power": ("W", _power),
    **{name: ("B", ask) for name, ask in _MEMORY.items()},
}


def _power_limit(handle: Any) -> float:
    """In W; releases give microwatts or watts."""
    raw = _smi().amdsmi_get_power_cap_info(handle)["power_cap"]
    return believed("power_limit", raw, 1e-6 if isinstance(raw, int) and raw > 20_000 else 1.0)


def _energy(handle: Any) -> float:
    """In J: a counter and what one step of it is worth, in microjoules."""
    found = _smi().amdsmi_get_energy_count(handle)
    steps = believed("bytes", found.get("energy_accumulator", found.get("power")))  # the older name
    return believed("energy", steps * believed("bytes", found["counter_resolution"]), 1e-6)


def _fan(handle: Any) -> float:
    smi = _smi()
    highest = believed("count", smi.amdsmi_get_gpu_fan_speed_max(handle, 0))
    if not highest:
        raise LookupError("the card has no fan")
    return believed("fan", 100 * believed("count", smi.amdsmi_get_gpu_fan_speed(handle, 0)) / highest)


_GENERATIONS = {2500: 1, 5000: 2, 8000: 3, 16_000: 4, 32_000: 5, 64_000: 6}  # by MT/s


def _link(part: str, name: str, handle: Any) -> float:
    raw = _smi().amdsmi_get_pcie_info(handle)[part][name]
    return believed("link", _GENERATIONS.get(raw, raw) if name.endswith("speed") else raw)


def _slowdown_temperature(handle: Any) -> float:
    smi = _smi()
    kind, limit = smi.AmdSmiTemperatureType.HOTSPOT, smi.AmdSmiTemperatureMetric.CRITICAL
    raw = smi.amdsmi_get_temp_metric(handle, kind, limit)
    return believed("threshold", raw, 1e-3 if isinstance(raw, int) and raw > 1000 else 1.0)


def _ecc(name: str, handle: Any) -> float:
    return believed("count", _smi().amdsmi_get_gpu_total_ecc_count(handle)[name])


_MORE: dict[str, Ask] = {
    "memory_utilisation": (
        "%",
        lambda handle: believed("utilisation", _smi().amdsmi_get_gpu_activity(handle)["umc_activity"]),
    ),
    "power_limit": ("W", _power_limit),
    "energy": ("J", _energy),
    "fan": ("%", _fan),
    "pcie_generation": ("", partial(_link, "pcie_metric", "pcie_speed")),
    "pcie_width": ("", partial(_link, "pcie_metric", "pcie_width")),
}
_HEALTH: dict[str, Ask] = {
    "slowdown_temperature": ("°C", _slowdown_temperature),
    "max_pcie_generation": ("", partial(_link, "pcie_static", "max_pcie_speed")),
    "max_pcie_width": ("", partial(_link, "pcie_static", "max_pcie_width")),
    "ecc_corrected": ("", partial(_ecc, "correctable_count")),
    "ecc_uncorrected": ("", partial(_ecc, "uncorrectable_count")),
}
