"""This machine's readings, read once for everybody who looks, and as text."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core import devices
from core.devices import Device, Reading

REFRESH_S = 2.0
MAX_SAMPLES = 61  # two minutes
STALE_S = 5 * REFRESH_S

Readings = Mapping[str, Reading]

_GIB = 2**30


@dataclass(frozen=True)
class Sample:
    """Every device's readings at one moment; at_s counts on the gauge's clock."""

    at_s: float
    readings: Mapping[str, Readings]


class Gauge:
    """Reads all devices at most once in REFRESH_S, however many people look, and keeps two minutes.

    clock gives seconds from any start. Nothing is read while nobody looks.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._samples: deque[Sample] = deque(maxlen=MAX_SAMPLES)
        self._mark = devices.mark()
        self.devices = devices.devices()

    def samples(self) -> list[Sample]:
        """The samples of the last two minutes, oldest first, with one that is no older than REFRESH_S."""
        with self._lock:
            age_s = self._clock() - self._samples[-1].at_s if self._samples else STALE_S
            if age_s >= STALE_S:  # nobody looked for a while: an average over that time is not "now"
                self._samples.clear()
                self._mark = devices.mark()
            if age_s >= 0.9 * REFRESH_S:  # the page's clock may tick a little early
                self._samples.append(self._read())
            return list(self._samples)

    def _read(self) -> Sample:
        """The readings now, of what is here now: cards are lost, and torch names them once it was asked."""
        start, self._mark = self._mark, devices.mark()
        before, self.devices = self.devices, devices.devices()
        if [device.id for device in before] != [device.id for device in self.devices]:
            self._samples.clear()
        readings = {device.id: devices.read(device.id, start) for device in self.devices}
        return Sample(self._clock(), readings)


def short_name(device: Device) -> str:
    """Short enough for the legend of a small chart: "CPU", "GPU 1"."""
    return "CPU" if device.kind == "cpu" else f"GPU {device.id.partition(':')[2]}".strip()


def facts(device: Device) -> str:
    """What does not change about a device, in one line."""
    known = device.facts
    words = []
    if "usable_cores" in known:
        words.append(_cores(int(known["usable_cores"]), int(known.get("logical_cores", 0))))
    if "cores_reason" in known:
        words[-1:] = [f"{' '.join(words[-1:])} ({known['cores_reason']})"]
    if "memory_bytes" in known:
        words.append(f"{int(known['memory_bytes']) / _GIB:.1f} GiB memory")
    named = {"compute_capability": "compute capability", "driver": "driver", "cuda": "CUDA up to"}
    named["rocm"] = "ROCm"
    words += [f"{words_before} {known[name]}" for name, words_before in named.items() if name in known]
    if "instructions" in known:
        words.append(str(known["instructions"]))
    return " · ".join(words)


def figures(readings: Readings) -> list[tuple[str, str, str | None]]:
    """Label, value and remark of each figure that the device reports."""
    shown = [
        ("Utilisation", _text(readings, "utilisation"), None),
        ("Memory used", _text(readings, "memory_used"), _of(readings, "memory_total")),
        ("Clock", _text(readings, "clock"), None),
        ("Temperature", _text(readings, "temperature"), None),
        ("Power", _text(readings, "power"), _of(readings, "power_limit")),
    ]
    return [(label, value, remark) for label, value, remark in shown if value is not None]


def unreported(readings: Readings) -> str:
    """Why figures are missing, in one sentence; empty when none is."""
    reasons: dict[str, list[str]] = {}
    for reading in readings.values():
        if reading.reason:
            reasons.setdefault(reading.reason.removeprefix("not reported: "), []).append(
                reading.name.replace("_", " ")
            )
    text = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in reasons.items())
    return f"Not reported: {text}." if text else ""


def throttled_by(readings: Readings) -> list[str]:
    """What holds the clock down now: "power", "heat", "hardware"."""
    flags = {name: reading for name, reading in readings.items() if name.startswith("throttled_by_")}
    return [name.removeprefix("throttled_by_") for name, reading in flags.items() if reading.value]


def _cores(usable: int, logical: int) -> str:
    cores = f"{usable} core{'' if usable == 1 else 's'}"
    return f"{cores} of {logical}" if logical > usable else cores


def _of(readings: Readings, whole: str) -> str | None:
    text = _text(readings, whole)
    return f"of {text}" if text else None


def _text(readings: Readings, name: str) -> str | None:
    """A reading's value with its unit, or None when it is not reported."""
    reading = readings.get(name)
    if reading is None or reading.value is None:
        return None
    if reading.unit == "B":
        return f"{reading.value / _GIB:.1f} GiB"
    return f"{reading.value:,.0f} {reading.unit}"
