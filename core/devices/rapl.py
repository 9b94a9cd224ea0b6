"""Energy that the processor has used, as it counts it itself (RAPL: running average power limit).

Linux shows one zone a processor package, with parts of it below. Packages and the memory beside them add up;
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
    """One zone's counter in joules; it starts again from 0 after range_j."""

    name: str
    joules: float
    range_j: float


def counters(zones: Path = ZONES) -> dict[str, Counter]:
    """The counters that add up to what processors and memory use, by the names of their folders.

    Raises LookupError in words where there are none, or where the system hides them.
    """
    found = {zone.name: counter for zone in _zones(zones) if (counter := _counter(zone))}
    if found:
        return found
    if any(_zones(zones)):
        raise LookupError(f"only an administrator may read {zones}/intel-rapl:*/energy_uj")
    raise LookupError(f"the processor's energy counters (RAPL) are not shown in {zones}")


def joules_between(before: Mapping[str, Counter], after: Mapping[str, Counter]) -> float:
    """What was used between two readings. A counter may have started again once in between."""
    used = 0.0
    for name, end in after.items():
        if name in before:
            difference = end.joules - before[name].joules
            used += difference if difference >= 0 else difference + end.range_j
    return used


def _zones(zones: Path) -> Iterator[Path]:
    for zone in sorted(zones.glob("intel-rapl:*")):  # AMD's processors are shown under this name as well
        name, is_part = _text(zone / "name"), zone.name.count(":") > 1
        if name == "dram" if is_part else name.startswith("package"):
            yield zone


def _counter(zone: Path) -> Counter | None:
    energy, most = _text(zone / "energy_uj"), _text(zone / "max_energy_range_uj")
    if not energy.isdigit():
        return None
    return Counter(_text(zone / "name"), int(energy) / 1e6, int(most) / 1e6 if most.isdigit() else 0.0)


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
