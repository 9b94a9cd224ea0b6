"""Accelerators of other vendors, as far as they can be read without importing torch."""

from __future__ import annotations

import platform
from dataclasses import replace
from pathlib import Path

from core.devices import cpu, intel, torch_view
from core.devices.reading import Device, Reading, by_name, not_reported
from core.devices.torch_build import torch_build


def devices() -> list[Device]:
    """An Apple GPU (mps) and Intel GPUs (xpu), where this machine and this torch have them."""
    view = torch_view.known()
    if view is not None and not view.failure:
        intel = view.of("xpu")  # one alone goes by its kind, as it does while torch was not asked
        found = [replace(one, id="xpu" if len(intel) == 1 else one.id) for one in intel]
        named = [replace(one, name=one.name or "Intel GPU") for one in found]
        return [*([_apple()] if view.of("mps") else []), *named]
    found = []
    if mps_absent_because() is None:
        found.append(_apple())
    if xpu_absent_because() is None:
        found.append(Device("xpu", "Intel GPU", "xpu", {}))
    return found


def mps_absent_because() -> str | None:
    """Why there is no Apple GPU, or None."""
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return _torchs_reason("mps")
    return "This is not a Mac with Apple silicon"


def xpu_absent_because(render_nodes: Path = Path("/dev/dri")) -> str | None:
    """Why there is no Intel GPU, or None."""
    build = torch_build()
    if build.xpu is None:
        return f"This torch build ({build.version or 'not installed'}) is not built for Intel GPUs"
    if platform.system() == "Linux" and not render_nodes.exists():
        return f"No GPU driver: {render_nodes} does not exist"
    return _torchs_reason("xpu")


def may_be_there() -> bool:
    """Whether torch is worth asking for one of these."""
    return mps_absent_because() is None or xpu_absent_because() is None


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
    return intel.monitored()


def health(kind: str) -> dict[str, Reading]:
    """What changes rarely or never of "mps" or "xpu"."""
    return intel.health() if kind == "xpu" else {}


def _apple() -> Device:
    return Device("mps", f"{cpu.model()} GPU", "mps", {"memory_bytes": cpu.memory_total_bytes()})


def _torchs_reason(kind: str) -> str | None:
    """What torch said, where it was asked and has no such device."""
    view = torch_view.known()
    if view is None or view.failure or view.of(kind):
        return None
    return f"PyTorch cannot use it: {view.reasons.get(kind, 'it lists none')}"
