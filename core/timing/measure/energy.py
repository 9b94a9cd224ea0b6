"""What an operation costs in joules: the device's own counter, else its power over time, else the reason.

All of these count the whole device, its idle power and other programs included; so the operation runs back to
back for a while, and what that took is shared out among its calls.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from core import devices
from core.devices import rapl
from core.statistics import MIN_SAMPLES, mean_ratio_interval
from core.timing.measure.timers import QUEUED_CALLS, Operation, synchronise
from core.torch_devices import readable_id

COUNTER, POWER, PACKAGE = "NVML energy counter", "NVML power over time", "RAPL, all processor packages"

# A driver renews its counters some ten times a second, and some sensors look at a quarter of the time (arXiv
# 2312.02741): a figure is the mean of this many steps of the counter, each of at least so long.
_STEPS, _STEP_S = 20, 0.1
# With a slower counter it ends after so long, once there are enough steps for an interval; or it gives up.
_MIN_S, _MAX_S = 2.0, 10.0
# Between two stretches the caller can stop, and the counter is read.
_STRETCH_S = 0.02


@dataclass(frozen=True)
class Energy:
    """joules over elapsed_s; None exactly when reason says why."""

    joules: float | None
    source: str | None  # where they come from: COUNTER, POWER or PACKAGE
    elapsed_s: float
    reason: str | None = None
    interval_j: tuple[float, float] | None = None  # 95% interval of the joules; None where none is known


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
    operation: Operation, device: str, call_s: float, max_seconds: float = _MIN_S, seed: int = 0
) -> Iterator[Energy]:
    """Run an operation back to back and share out what that took; yields Energy so far, and last a call's.

    The last one's joules, interval_j and elapsed_s are those of one call. call_s is how long a call takes,
    about. Runs for 20 steps of the device's counter, which take two seconds or more; with a slower counter
    for max_seconds, but at least two seconds. Where there is no meter nothing runs, and a counter that hardly
    moves gives no figure.
    """
    found = meter(device)
    known = found.read()
    calls, steps = 0, _Steps()
    stretch = max(1, min(QUEUED_CALLS, math.ceil(_STRETCH_S / max(call_s, 1e-9))))
    while known.joules is not None and not steps.enough(max(_MIN_S, max_seconds), call_s):
        stretch_ends = time.perf_counter() + _STRETCH_S
        while time.perf_counter() < stretch_ends:
            for _ in range(stretch):
                operation()
            synchronise(device)
            calls += stretch
        known = found.read()
        steps.add(known, calls)
        yield known
    if known.joules is None:
        yield known
    else:
        yield steps.per_call(known.source, seed)


class _Steps:
    """The moments at which a counter had moved: what it showed, after how many calls, at what time."""

    def __init__(self) -> None:
        self._at: list[tuple[float, int, float]] = []
        self._elapsed_s = 0.0

    def add(self, known: Energy, calls: int) -> None:
        """The counter has been read; the first time that it has moved is where the count begins."""
        assert known.joules is not None
        self._elapsed_s = known.elapsed_s
        last = self._at[-1] if self._at else (0.0, 0, -math.inf)
        if known.joules > last[0] and known.elapsed_s - last[2] >= _STEP_S:
            self._at.append((known.joules, calls, known.elapsed_s))

    def enough(self, min_s: float, call_s: float) -> bool:
        """Whether a figure with its interval can be made of them, or never will be."""
        steps = len(self._at) - 1
        if steps >= MIN_SAMPLES and self._elapsed_s >= min_s:
            return True
        return steps >= _STEPS or self._elapsed_s >= max(_MAX_S, 4 * MIN_SAMPLES * call_s)

    def per_call(self, source: str | None, seed: int) -> Energy:
        """Joules of a call from the first step to the last, with the spread between the steps."""
        steps = len(self._at) - 1
        if steps < MIN_SAMPLES:
            why = (
                f"the counter moved {max(0, steps)} times in {self._elapsed_s:.3g} s, too seldom for a figure"
            )
            return Energy(None, None, self._elapsed_s, f"not reported: {why}")
        joules, calls, seconds = (np.diff(column) for column in zip(*self._at, strict=True))
        interval_j = mean_ratio_interval(joules, calls, seed)
        of_all = float(calls.sum())
        return Energy(
            float(joules.sum()) / of_all, source, float(seconds.sum()) / of_all, interval_j=interval_j
        )


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
