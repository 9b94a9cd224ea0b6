"""Quantities with their units, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def duration(seconds: float | None) -> str:
    """A time with its unit: 0.0000123 is "12.3 µs"; a dash where there is none."""
    if seconds is None:
        return "-"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds * 1e9:.4g} ns"


def in_time(seconds: float) -> str:
    """About how long a person has to wait: "45 s", "12 min", "9 h"."""
    if seconds < 100:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.0f} h"


def microseconds(seconds: float) -> float:
    """0.0000123 is 12.3."""
    return 1e6 * seconds


def half_width_percent(record: Mapping[str, Any]) -> float:
    """Half the width of a median's 95% interval, in % of the median (ci_low_s, ci_high_s, median_s)."""
    return 50 * (record["ci_high_s"] - record["ci_low_s"]) / record["median_s"]


def energy(record: Mapping[str, Any]) -> tuple[str, str] | None:
    """Joules of a call and GFLOP a joule as texts, each with half its interval's width; None for a figure
    whose interval is not known (joules, joules_interval, gflop_per_joule). A rate that is none is empty.
    """
    if record["joules"] is None or record.get("joules_interval") is None or record["joules"] <= 0:
        return None
    low, high = record["joules_interval"]
    spread = f"±{50 * (high - low) / record['joules']:.2g}%"
    rate = record["gflop_per_joule"]
    return f"{record['joules']:.3g} J {spread}", f"{rate:.3g} GFLOP/J {spread}" if rate else ""


def figure(value: float | None) -> str:
    """Three significant digits, thousands apart; a dash for None."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def flops_rate(gflops: float) -> str:
    """A rate with its unit: 1234 GFLOP/s are "1.23 TFLOP/s"."""
    return f"{gflops / 1000:.3g} TFLOP/s" if gflops >= 1000 else f"{gflops:.3g} GFLOP/s"


def in_bytes(count: float) -> str:
    """A number of bytes: 1536 is "1.5 KiB"."""
    units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    power = min(len(units) - 1, max(0, int(count).bit_length() - 1) // 10)
    value = count / 1024**power
    return f"{value:.0f} {units[power]}" if 100 <= value < 1e6 else f"{value:.3g} {units[power]}"


def counted(count: int, noun: str) -> str:
    """A number and its noun: "1 thread", "2 threads"."""
    return f"{count} {noun}{'s' * (count != 1)}"
