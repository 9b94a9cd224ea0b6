"""A device's readings while an operation is measured: read between its blocks, some 15 times a second."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core import devices
from core.devices import Reading, not_reported
from core.torch_devices import readable_id

EVERY_S = 1 / 15

# The time over which a sensor of a GPU averages, seconds. What it says sooner is of before the measurement.
# Source: https://docs.nvidia.com/deploy/nvml-api/ (nvmlUtilization_t, nvmlDeviceGetPowerUsage: up to 1 s)
WINDOWS_S = {"utilisation": 1.0, "power": 1.0}
_INSTANT = ("clock", "memory_clock", "temperature")

# Such sensors count all that the device does. Where the operation itself ran for less of the time than this,
# they show the rest: above all the delay that launches are hidden behind, which counts as full load.
_OWN_FRACTION = 0.9


@dataclass(frozen=True)
class Sampled:
    """Means over a measurement, or the reason why there is none, and the highest of what was read."""

    readings: Mapping[str, Reading] = field(default_factory=dict)
    highest: Mapping[str, float] = field(default_factory=dict)
    samples: int = 0


class Sampler:
    """Collects the readings of one device; begin() before a measurement, sample() between its blocks."""

    def __init__(self, device: str, read: Callable[[], Mapping[str, Reading]] | None = None) -> None:
        self._read = read or _reader(device)
        self.begin()

    def begin(self) -> None:
        """Forget what was read: the measurement starts now."""
        self._began_s = time.perf_counter()
        self._at: list[tuple[float, Mapping[str, Reading]]] = []
        self._own_s, self._elapsed_s = 0.0, 0.0

    def sample(self, own_s: float) -> None:
        """Read if it is time to. own_s: what the operation's own time is so far; none is read while it stands
        still, since something else is measured then.
        """
        if own_s <= self._own_s:
            return
        self._own_s, self._elapsed_s = own_s, time.perf_counter() - self._began_s
        if not self._at or self._elapsed_s - self._at[-1][0] >= EVERY_S:
            self._at.append((self._elapsed_s, self._read()))

    def sampled(self) -> Sampled:
        """What was read since begin()."""
        readings, highest = {}, {}
        for name in dict.fromkeys(name for _, read in self._at for name in read):
            if name not in WINDOWS_S and name not in _INSTANT:
                continue
            found = self._values(name)
            if isinstance(found, Reading):
                readings[name] = found
            else:
                unit = self._at[-1][1][name].unit
                readings[name], highest[name] = Reading(name, statistics.fmean(found), unit), max(found)
        return Sampled(readings, highest, len(self._at))

    def _values(self, name: str) -> list[float] | Reading:
        """The values of one reading that are of the measurement alone; else the reading that says why not."""
        window_s, last = WINDOWS_S.get(name, 0.0), self._at[-1][1].get(name)
        if last is not None and last.reason:
            return last
        unit, own = last.unit if last else "", self._own_s / max(self._elapsed_s, 1e-9)
        if self._elapsed_s < window_s:
            lasted = f"the {self._elapsed_s:.2g} s of the measurement"
            return not_reported(name, unit, f"{lasted} are less than the {window_s:g} s of the sensor")
        if window_s and own < _OWN_FRACTION:
            return not_reported(
                name,
                unit,
                f"the operation ran for {own:.0%} of the time, and the sensor shows the rest as well",
            )
        found = [read[name].value for at_s, read in self._at if at_s >= window_s and name in read]
        values = [value for value in found if value is not None]
        return values or not_reported(name, unit, "it was not read in time")


def _reader(device: str) -> Callable[[], Mapping[str, Reading]]:
    if device == "cpu":  # its utilisation is counted, not sampled
        return lambda: {"clock": devices.clock("cpu")}
    name = readable_id(device)
    return lambda: devices.read(name)
