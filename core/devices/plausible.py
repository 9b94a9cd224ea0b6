"""Figures of a driver that cannot be: one that does not know a value writes all bits set, or less."""

from __future__ import annotations

import math
from typing import Any

# "Not known" in 32 and 64 bits, unsigned and signed.
_NOT_KNOWN = frozenset((2**32 - 1, 2**64 - 1, 2**31 - 1, 2**63 - 1, -1))

# What each figure can be at most and at least, wide of any card: in the units of core.devices.
RANGES: dict[str, tuple[float, float]] = {
    "utilisation": (0, 100),
    "clock": (0, 20_000),
    "memory_clock": (0, 50_000),
    "temperature": (-50, 150),
    "power": (0, 20_000),
    "power_limit": (1, 20_000),
    "memory": (0, 2**50),
    "memory_total": (1, 2**50),
    "energy": (0, 1e13),  # of 10 kW for 30 years
    "seconds": (0, 1e10),
    "flags": (0, 2**63),
    "link": (1, 64),  # PCIe generations, and lanes
    "warm": (1, 150),  # a temperature of what has no sensor is written as 0
    "threshold": (20, 150),
    "fan": (0, 200),  # of its highest speed by design, which some exceed
    "state": (0, 15),
    "switch": (0, 1),
    "rows": (0, 100_000),
    "count": (0, 1e9),
    "bytes": (0, 2**63),
    "rate": (0, 1e12),
}


def believed(of: str, raw: Any, scale: float = 1.0) -> float:
    """A driver's figure times scale. Raises LookupError for one that `of`, of RANGES, cannot be."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise LookupError(f"the driver gives {str(raw)[:20]!r}, which is no number")
    if not math.isfinite(raw) or raw in _NOT_KNOWN:
        raise LookupError("the driver does not know it")
    low, high = RANGES[of]
    if not low <= raw * scale <= high:
        raise LookupError(f"the driver gives {raw * scale:.3g}, which cannot be")
    return float(raw * scale)
