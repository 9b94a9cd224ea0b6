"""What an operation costs in joules: the device's own counter, else its power over time, else the reason.

All of these count the whole device, its idle power and other programs included; so the operation runs back to
back for a while, and what that took is shared out among its calls.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from core import devices
from core.devices import rapl
from core.timing.measure.timers import QUEUED_CALLS, Operation, synchronise
from core.torch_devices import readable_id

COUNTER, POWER, PACKAGE = "NVML energy counter", "NVML power over time", "RAPL, all processor packages"

# A driver renews its counters some ten times a second or less often: half a second is several of them.
_MIN_S = 0.5
# Between two stretches the caller can stop, and power is read.
_STRETCH_S = 0.05


@dataclass(frozen=True)
class Energy:
    """joules over elapsed_s; None exactly when reason says why."""

    joules: float | None
    source: str | None  # where they come from: COUNTER, POWER or PACKAGE
    elapsed_s: float
    reason: str | None = None


class Meter:
    """Counts a device's energy from its making on.

    read() it often where energy comes from power: what lies between two reads is interpolated.
    """

    def __init__(self, source: str, joules: Callable[[], float]) -> None:
        self._source, self._joules = source, joules
        self._began = time.perf_counter()

    def read(self) -> Energy:
        """What was used since the meter was made."""
        elapsed_s = time.perf_counter() - self._began
        try:
            return Energy(self._joules(), self._source, elapsed_s)
        except LookupError as error:  # there at the beginning, and gone now
            return Energy(None, None, elapsed_s, str(error))


def meter(device: str) -> Meter:
    """The best meter that this device has, begun now; where there is none, one whose read() says why."""
    reasons = []
    for source, start in _SOURCES.get(torch.device(device).type, ()):
        try:
            return Meter(source, start(device))
        except LookupError as error:
            reasons.append(str(error).removeprefix("not reported: "))
    why = "; ".join(dict.fromkeys(reasons)) or f"no energy counter of {device} is known here"
    return Meter("", lambda: _raise(f"not reported: {why}"))


def _raise(why: str) -> float:
    raise LookupError(why)


def per_operation(
    operation: Operation, device: str, call_s: float, max_seconds: float = 1.0
) -> Iterator[Energy]:
    """Run an operation back to back and share out what that took; yields Energy so far, and last a call's.

    The last one's joules and elapsed_s are those of one call. call_s is how long a call takes, about. Runs
    for max_seconds, but at least half a second: counters are coarse. Where there is no meter nothing runs.
    """
    found = meter(device)
    known = found.read()
    calls, limit_s = 0, max(_MIN_S, max_seconds)
    stretch = max(1, min(QUEUED_CALLS, math.ceil(_STRETCH_S / max(call_s, 1e-9))))
    while known.joules is not None and known.elapsed_s < limit_s:
        stretch_ends = time.perf_counter() + _STRETCH_S
        while time.perf_counter() < stretch_ends:
            for _ in range(stretch):
                operation()
            synchronise(device)
            calls += stretch
        known = found.read()
        yield known
    if known.joules is None:
        yield known
    else:
        yield Energy(known.joules / calls, known.source, known.elapsed_s / calls)


def _from_counter(device: str) -> Callable[[], float]:
    start = _value(device, "energy")
    return lambda: _value(device, "energy") - start


def _from_power(device: str) -> Callable[[], float]:
    at_s, power_w = time.perf_counter(), _power_w(device)
    used = 0.0

    def joules() -> float:
        nonlocal at_s, power_w, used
        now_s, now_w = time.perf_counter(), _power_w(device)
        used += (now_s - at_s) * (now_w + power_w) / 2
        at_s, power_w = now_s, now_w
        return used

    return joules


def _from_rapl(_device: str) -> Callable[[], float]:
    last, used = rapl.counters(), 0.0

    def joules() -> float:
        nonlocal last, used
        now = rapl.counters()
        used += rapl.joules_between(last, now)
        last = now
        return used

    return joules


def _value(device: str, name: str) -> float:
    reading = devices.counters(readable_id(device))[name]
    if reading.value is None:
        raise LookupError(f"{name}: {reading.reason}")
    return reading.value


def _power_w(device: str) -> float:
    reading = devices.read(readable_id(device))["power"]
    if reading.value is None:
        raise LookupError(f"power: {reading.reason}")
    return reading.value


_SOURCES: dict[str, tuple[tuple[str, Callable[[str], Callable[[], float]]], ...]] = {
    "cuda": ((COUNTER, _from_counter), (POWER, _from_power)),
    "cpu": ((PACKAGE, _from_rapl),),
}
