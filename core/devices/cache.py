"""How large the processor's caches are. Asks the system, since models of one name differ."""

from __future__ import annotations

import os
import re
from pathlib import Path

from core.devices import system_facts

_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


def last_level_bytes(caches: Path = _CACHES) -> int | None:
    """Size of the largest cache that a core reads through, in bytes; None where it is not reported."""
    sizes = [_bytes(index) for index in caches.glob("index*") if _holds_data(index)]
    return max(sizes, default=0) or _from_sysconf() or system_facts.last_level_bytes()


def _holds_data(index: Path) -> bool:
    return _text(index / "type") in ("Data", "Unified")


def _bytes(index: Path) -> int:
    match = re.fullmatch(r"(\d+)([KMG]?)", _text(index / "size"))
    return int(match[1]) * _UNITS[match[2]] if match else 0


def _from_sysconf() -> int | None:
    """What the C library knows, where /sys is not shown (some containers)."""
    sysconf, names = getattr(os, "sysconf", None), getattr(os, "sysconf_names", {})  # not on Windows
    for level in (4, 3, 2):
        name = f"SC_LEVEL{level}_CACHE_SIZE"
        if sysconf and name in names and sysconf(name) > 0:
            return int(sysconf(name))
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
