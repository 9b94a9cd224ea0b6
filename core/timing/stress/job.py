"""The stress test as a job: all devices at work at once, watched once a second, until time or heat ends it.

Importing this never imports torch.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core import devices, torch_devices, torch_precision
from core.devices import Reading
from core.events import Progress, StopRequested
from core.lazy import LazyModule
from core.timing.measure.environment import environment_of
from core.timing.results.events import SCHEMA, DeviceAbsent, EnvironmentRead
from core.timing.stress.config import StressConfig
from core.timing.stress.events import ASKED_TO, FAILED, TIME_IS_UP, TOO_HOT, StressEnded, StressSampled

if TYPE_CHECKING:
    from core.timing.stress import load, verdict
else:
    load = LazyModule("core.timing.stress.load")
    verdict = LazyModule("core.timing.stress.verdict")

_EVERY_S, _WAKE_S = 1.0, 0.1
_SHOWN = (
    "temperature", "clock", "power", "power_limit", "utilisation", "others", "memory_used",
    "throttled_by_power", "throttled_by_heat", "throttled_by_hardware",
)  # fmt: skip


class _Watched:
    """A device under load, and what was seen of it."""

    def __init__(self, config: StressConfig, device: str) -> None:
        self.device = device
        self.load = load.Load(device, config.dtype, devices.memory_free_bytes(device), config.seed)
        self.samples: list[StressSampled] = []
        self.stopped_by: str | None = None
        self.seconds = 0.0
        self._readable = torch_devices.readable_id(device)
        self._mark = devices.mark()
        self._seen_gflop, self._seen_s = 0.0, 0.0

    def sample(self, at_s: float) -> StressSampled:
        """What it did since the last one, and its readings."""
        gflop = self.load.gflop
        readings = devices.read(self._readable, self._mark)
        self._mark = devices.mark()
        rate = (gflop - self._seen_gflop) / max(at_s - self._seen_s, 1e-9)
        self._seen_gflop, self._seen_s = gflop, at_s
        shown = {name: readings[name] for name in _SHOWN if name in readings}
        self.samples.append(
            StressSampled(self.device, at_s, rate, self.load.products, self.load.wrong, shown)
        )
        return self.samples[-1]

    def too_hot(self, max_celsius: float) -> bool:
        """Whether the last sample was."""
        reading: Reading | None = self.samples[-1].readings.get("temperature")
        return reading is not None and reading.value is not None and reading.value >= max_celsius

    def end(self, why: str, at_s: float) -> None:
        """Let it rest; the first reason counts."""
        if self.stopped_by is None:
            self.load.stop()
            self.stopped_by, self.seconds = FAILED if self.load.failure else why, at_s

    def ended(self, config: StressConfig) -> StressEnded:
        """What all of it says."""
        stopped_by = self.stopped_by or ASKED_TO
        of = self.load
        rating, says = verdict.judged(
            self.samples, config.dtype, of.wrong, of.relative_error, stopped_by, of.failure,
            config.max_celsius,
        )  # fmt: skip
        first, last = verdict.quarters(self.samples)
        hottest = verdict.hottest(self.samples)
        return StressEnded(
            self.device, rating, says, stopped_by, self.seconds, of.products, of.wrong, of.size, first, last,
            hottest, of.relative_error,
        )  # fmt: skip


def stress(config: StressConfig) -> Iterator[Any]:
    """Yields EnvironmentRead, DeviceAbsent for what is not here, StressSampled once a second for each device,
    and StressEnded for each. A pause lets the devices rest. throw(StopRequested()) ends it with a verdict.
    """
    yield EnvironmentRead(
        SCHEMA, datetime.now(UTC).isoformat(timespec="seconds"), environment_of(config.devices)
    )
    yield Progress(0.0, 60 * config.minutes, "s")
    here = []
    for device in dict.fromkeys(config.devices):
        if reason := torch_devices.unavailable_reason(device):
            yield DeviceAbsent(device, reason)
        else:
            here.append(device)
    with torch_precision.true_float32(), torch_devices.threads(None), torch_devices.gpu_memory_returned():
        watched = [_Watched(config, device) for device in here]
        try:
            for one in watched:
                one.load.start()
            yield from _watch(config, watched)
        except StopRequested:
            pass
        finally:
            for one in watched:
                one.end(ASKED_TO, one.samples[-1].at_s if one.samples else 0.0)
        for one in watched:
            yield one.ended(config)


def _watch(config: StressConfig, watched: list[_Watched]) -> Iterator[Any]:
    """Samples until the time is up, which stands still in a pause, or no device is at work."""
    total_s, at_s, sampled_s = 60 * config.minutes, 0.0, 0.0
    while at_s < total_s and any(one.stopped_by is None for one in watched):
        for one in watched:
            one.load.renew()
        began = time.monotonic()
        time.sleep(_WAKE_S)
        worked_s = time.monotonic() - began
        yield Progress(min(at_s, total_s), total_s, "s")
        round_s = time.monotonic() - began
        at_s += round_s if round_s - worked_s < load.PATIENCE_S else worked_s  # a pause is no work
        if at_s - sampled_s >= _EVERY_S:
            sampled_s = at_s
            yield from _look(config, watched, at_s)
    for one in watched:
        one.end(TIME_IS_UP, at_s)


def _look(config: StressConfig, watched: list[_Watched], at_s: float) -> Iterator[StressSampled]:
    """One sample of each device at work; the hot and the failed ones are stopped."""
    for one in watched:
        if one.stopped_by is not None:
            continue
        yield one.sample(at_s)
        if one.load.ended:
            one.end(FAILED, at_s)
        elif one.too_hot(config.max_celsius):
            one.end(TOO_HOT, at_s)
