"""Energy of the processor by its own counters (RAPL: running average power limit).

Linux has one zone for each processor package, with subzones. Packages and the memory beside them add up;
cores and graphics are inside their package already, and psys is the whole machine, which includes both.
Source: https://docs.kernel.org/power/powercap/powercap.html (energy_uj, max_energy_range_uj).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ZONES = Path("/sys/class/powercap")


@dataclass(frozen=True)
class Counter:
    """One zone's counter in joules; it wraps around to 0 after range_j."""

    name: str
    joules: float
    range_j: float


def counters(zones: Path = ZONES) -> dict[str, Counter]:
    """The counters whose sum is the energy of processors and memory, by the names of their folders.

    Raises LookupError, with the reason, where there are none or the system hides them.
    """
    found = {zone.name: counter for zone in _zones(zones) if (counter := _counter(zone))}
    if found:
        return found
    if any(_zones(zones)):
        raise LookupError(f"only an administrator may read {zones}/intel-rapl:*/energy_uj")
    raise LookupError(f"the processor's energy counters (RAPL) are not shown in {zones}")


def joules_between(before: Mapping[str, Counter], after: Mapping[str, Counter]) -> float:
    """Energy (J) between two readings. A counter may have wrapped around once in between."""
    used = 0.0
    for name, end in after.items():
        if name in before:
            difference = end.joules - before[name].joules
            used += difference if difference >= 0 else difference + end.range_j
    return used


def _zones(zones: Path) -> Iterator[Path]:
    for zone in sorted(zones.glob("intel-rapl:*")):  # AMD's processors are shown under this name as well
        name, is_subzone = _text(zone / "name"), zone.name.count(":") > 1
        if name == "dram" if is_subzone else name.startswith("package"):
            yield zone


def _counter(zone: Path) -> Counter | None:
    energy, energy_range = _text(zone / "energy_uj"), _text(zone / "max_energy_range_uj")
    if not energy.isdigit():
        return None
    return Counter(
        _text(zone / "name"), int(energy) / 1e6, int(energy_range) / 1e6 if energy_range.isdigit() else 0.0
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
