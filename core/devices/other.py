"""Accelerators of other vendors, as far as they can be read without importing torch."""

from __future__ import annotations

import platform
from pathlib import Path

from core.devices import cpu
from core.devices.reading import Device, Reading, by_name, not_reported
from core.devices.torch_build import torch_build


def devices() -> list[Device]:
    """An Apple GPU (mps) and an Intel GPU (xpu), where this machine and this torch have them."""
    found = []
    if mps_absent_because() is None:
        found.append(Device("mps", f"{cpu.model()} GPU", "mps", {"memory_bytes": cpu.memory_total_bytes()}))
    if xpu_absent_because() is None:
        found.append(Device("xpu", "Intel GPU", "xpu", {}))
    return found


def mps_absent_because() -> str | None:
    """Why there is no Apple GPU, or None."""
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return None
    return "This is not a Mac with Apple silicon"


def xpu_absent_because(render_nodes: Path = Path("/dev/dri")) -> str | None:
    """Why there is no Intel GPU, or None."""
    build = torch_build()
    if build.xpu is None:
        return f"This torch build ({build.version or 'not installed'}) is not built for Intel GPUs"
    if platform.system() == "Linux" and not render_nodes.exists():
        return f"No GPU driver: {render_nodes} does not exist"
    return None


def read(device_id: str) -> dict[str, Reading]:
    """Readings of "mps" or "xpu". An Apple GPU shares the main memory, whose readings it has."""
    if device_id == "mps":
        why = "macOS shows this to administrators only"
        return by_name(
            not_reported("utilisation", "%", why),
            not_reported("clock", "MHz", why),
            not_reported("power", "W", why),
            *cpu.memory(),
        )
    why = "Intel GPUs are not read here"
    return by_name(
        *(not_reported(name, unit, why) for name, unit in (("utilisation", "%"), ("memory_free", "B")))
    )
