"""What the poller reads: the processor with its memory, and the accelerators, each by a lasting key."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from core import devices
from core.devices import Device, GpuProcess, Mark, Reading, cpu, nvidia
from core.devices.gpu_processes import Identity, identity
from core.devices.reading import by_name, not_reported

# What changes rarely, what costs more and which devices there are is read so seldom.
SELDOM_S = 10.0
# The kernel counts CPU time in ticks of 10 ms: a utilisation over less than this means nothing.
MIN_S = 0.1
# Cards that do not count what passes over PCIe measure it for 40 ms; with more of them that is too long.
MAX_MEASURED_LINKS = 4

Readings = Mapping[str, Reading]


@dataclass(frozen=True)
class Core:
    """One core of the processor."""

    utilisation: float  # %
    clock_mhz: float | None


@dataclass(frozen=True)
class ListedProcess:
    """A process on a GPU, and who it is."""

    process: GpuProcess
    identity: Identity


@dataclass(frozen=True)
class Snapshot:
    """All that is known of one device at one moment."""

    key: str  # the same as long as the device is the same, whatever its number
    device: Device
    readings: Readings
    lost: bool = False  # it was here, and its driver no longer lists it
    cores: tuple[Core, ...] = ()
    processes: tuple[ListedProcess, ...] | str | None = None  # the reason where they are not reported


class Source(Protocol):
    """A driver, or the system: read in a thread of its own, since a driver may hang."""

    name: str
    notices: Sequence[str]  # sentences on what is not here, or is and cannot be used or reached

    def read(self, now_s: float) -> list[Snapshot]:
        """Its devices now; now_s is the poller's clock."""


def key_of(device: Device) -> str:
    """What stays when cards before it are lost and the others are renumbered."""
    facts = device.facts
    return str(facts.get("uuid") or facts.get("pci_bus_id") or device.id)


@dataclass
class Rates:
    """Counters into rates: their differences over the time between two readings."""

    _before: dict[str, tuple[float, float]] = field(default_factory=dict)

    def per_second(self, name: str, reading: Reading, now_s: float, unit: str) -> Reading:
        """The rate under the name with _rate behind it."""
        key = f"{name}_rate"
        if reading.value is None:
            self._before.pop(name, None)
            return Reading(key, None, unit, reading.reason)
        before, self._before[name] = self._before.get(name), (now_s, reading.value)
        if before is None or now_s <= before[0]:
            return not_reported(key, unit, "it takes two readings")
        difference = reading.value - before[1]
        if difference < 0:
            return not_reported(key, unit, "the counter began anew")
        return Reading(key, difference / (now_s - before[0]), unit)


class CpuSource:
    """The processor, its cores and the main memory."""

    name = "the system"
    notices: Sequence[str] = ()

    def __init__(self) -> None:
        self._mark = devices.mark()
        self._cores = cpu.core_times()
        self._device = cpu.device()
        self._periods: tuple[float, float] | None = None
        self._seldom = Seldom()
        self._health: dict[str, Reading] = {}
        self._clocks: list[float] = []

    def read(self, now_s: float) -> list[Snapshot]:
        """The one device, with the utilisation since the last reading."""
        if self._seldom.due(now_s):
            self._device, self._health, self._clocks = cpu.device(), cpu.health(), cpu.core_clocks()
        time.sleep(max(0.0, MIN_S - (time.perf_counter() - self._mark.at_s)))
        since, self._mark = self._mark, devices.mark()
        readings = devices.monitored("cpu", since) | self._health
        share = self._throttled_share(readings)
        cores = tuple(self._core_utilisation())
        return [Snapshot("cpu", self._device, readings | by_name(share), cores=cores)]

    def _core_utilisation(self) -> Iterator[Core]:
        before, self._cores = self._cores, cpu.core_times()
        if len(before) != len(self._cores):  # a core was switched on or off: none can be compared
            return
        clocks = self._clocks if len(self._clocks) == len(before) else [None] * len(before)
        for (busy, total), (busy_now, total_now), clock in zip(before, self._cores, clocks, strict=True):
            used = 100 * (busy_now - busy) / (total_now - total) if total_now > total else 0.0
            yield Core(min(100.0, max(0.0, used)), clock)

    def _throttled_share(self, readings: Readings) -> Reading:
        """Of the quota's periods since the last reading, those in which all of it was used, %."""
        periods, throttled = readings["quota_periods"], readings["throttled_periods"]
        if (quota := readings["cpu_quota"]).value is None:
            return Reading("throttled_share", None, "%", quota.reason)
        if periods.value is None or throttled.value is None:
            return Reading("throttled_share", None, "%", periods.reason or throttled.reason)
        before, self._periods = self._periods, (periods.value, throttled.value)
        if before is None or periods.value <= before[0]:
            why = "it takes two readings" if before is None else "no period of the quota has passed"
            return not_reported("throttled_share", "%", why)
        share = 100 * (throttled.value - before[1]) / (periods.value - before[0])
        return Reading("throttled_share", min(100.0, max(0.0, share)), "%")


class AcceleratorSource:
    """All accelerators of this machine; those that were lost are shown as lost."""

    name = "the GPUs' driver"

    def __init__(self, kept_s: float = 3600.0) -> None:
        self._kept_s = kept_s
        self.notices: Sequence[str] = ()
        self._cards: dict[str, _Card] = {}
        self._seldom = Seldom()

    def read(self, now_s: float) -> list[Snapshot]:
        """Each card, in the order in which they were first seen."""
        if self._seldom.due(now_s):
            self._list(now_s)
        measured = sum(not card.lost for card in self._cards.values()) <= MAX_MEASURED_LINKS
        return [card.read(now_s, measured) for card in self._cards.values()]

    def _list(self, now_s: float) -> None:
        if any(card.lost for card in self._cards.values()):
            nvidia.restart()
        found = {key_of(device): device for device in devices.devices() if device.kind != "cpu"}
        for key, device in found.items():
            self._cards.setdefault(key, _Card(key)).is_listed(device, now_s)
        for key in self._cards.keys() - found.keys():
            self._cards[key].lost = True
        lacking = [] if found else devices.absent().items()
        none = (f"No {devices.kind_name(kind)}: {reason}." for kind, reason in lacking)
        self.notices = [*none, *devices.warnings()]
        self._cards = {
            key: card for key, card in self._cards.items() if now_s - card.listed_s <= self._kept_s
        }


class Seldom:
    """Whether so much time has passed that what is read seldom is due again; the first time it is."""

    def __init__(self, every_s: float = SELDOM_S) -> None:
        self._every_s = every_s
        self._next_s: float | None = None

    def due(self, now_s: float) -> bool:
        """True once for each span."""
        if self._next_s is not None and now_s < self._next_s:
            return False
        self._next_s = now_s + 0.95 * self._every_s  # a poll may come a little early
        return True


class _Card:
    """One accelerator: what it was read as last, and what is read seldom."""

    def __init__(self, key: str) -> None:
        self.key, self.lost, self.listed_s = key, False, 0.0
        self._device = Device(key, "", "")
        self._rates = Rates()
        self._seldom = Seldom()
        self._health: dict[str, Reading] = {}
        self._link_rates: dict[str, Reading] = {}
        self._processes: tuple[ListedProcess, ...] | str = ()
        self._units: dict[str, str] = {}  # of all readings so far

    def is_listed(self, device: Device, now_s: float) -> None:
        self._device, self.lost, self.listed_s = device, False, now_s

    def read(self, now_s: float, link_may_be_measured: bool) -> Snapshot:
        if self.lost:
            why = "the driver no longer lists this GPU"
            gone = by_name(*(not_reported(name, unit, why) for name, unit in self._units.items()))
            return Snapshot(self.key, self._device, gone, lost=True, processes=f"not reported: {why}")
        id = self._device.id
        readings = devices.monitored(id, _NO_MARK)
        if self._seldom.due(now_s):
            self._health, self._processes = devices.health(id), _processes(id)
            self._link_rates = _measured_link(id, readings) if link_may_be_measured else {}
        readings |= self._health | self._link_rates
        readings |= by_name(*self._derived(readings, now_s))
        self._units = {name: reading.unit for name, reading in readings.items()}
        return Snapshot(self.key, self._device, readings, processes=self._processes)

    def _derived(self, readings: Readings, now_s: float) -> Iterator[Reading]:
        """What follows from other readings, or from two of one."""
        power, limit = readings.get("power"), readings.get("power_limit")
        if power is None and "energy" in readings:  # Intel's count no more than that
            power = replace(self._rates.per_second("energy", readings["energy"], now_s, "W"), name="power")
            yield power
        if power is not None and limit is not None:
            if power.value is None or limit.value is None:
                yield Reading("power_share", None, "%", power.reason or limit.reason)
            else:
                yield Reading("power_share", 100 * power.value / limit.value, "%")
        for name in ("pcie_sent", "pcie_received", "nvlink_sent", "nvlink_received"):
            if name in readings and f"{name}_rate" not in readings:
                yield self._rates.per_second(name, readings[name], now_s, "B/s")


_NO_MARK = Mark(0.0, 0.0, 0.0, 0.0)  # a card needs none


def _measured_link(id: str, readings: Readings) -> dict[str, Reading]:
    """Rates over PCIe of a card that does not count the bytes."""
    counted = readings.get("pcie_sent")
    if counted is None or counted.value is not None:
        return {}
    return nvidia.pcie_rates(id) if id.startswith(("cuda", "GPU-", "MIG-")) else {}


def _processes(id: str) -> tuple[ListedProcess, ...] | str:
    try:
        return tuple(ListedProcess(one, identity(one.pid)) for one in devices.processes(id))
    except LookupError as error:
        return str(error.args[0])
