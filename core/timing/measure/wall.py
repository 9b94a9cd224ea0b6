"""What a program waits for an accelerator: the wall time of calls made back to back, and of one call alone.

The device's own time leaves out what it takes to launch a kernel and to learn that it is done. A program that
calls small operations pays for both, and so does the CPU that an accelerator is compared with.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import torch

from core.statistics import MIN_SAMPLES, median_interval
from core.timing.measure.timers import Operation, Timer, timed, wall_timer

# So many calls are made back to back as would last this long one at a time, so that the wait at their end
# does not count; but no more than this.
_BLOCK_S, _MAX_CALLS = 0.005, 1000
_MAX_SAMPLES = 20
# Where even six samples take longer than the limit, so many must do, without an interval.
_MIN_UNCERTAIN = 3

Interval = tuple[float, float]


@dataclass(frozen=True)
class WallTiming:
    """Medians in seconds, with 95% intervals of enough samples; None on a CPU, and until they are known."""

    call_s: float | None = None  # of a call among others, launched back to back
    call_interval_s: Interval | None = None
    latency_s: float | None = None  # of one call until its result is there
    latency_interval_s: Interval | None = None


def measure_wall(
    operation: Operation, device: str, call_s: float, max_seconds: float, seed: int = 0
) -> Iterator[WallTiming]:
    """Time one call alone and calls back to back; yields what is known after each block, and last the result.

    call_s is what a call takes, about. On a CPU, where a call is over when it returns, there is nothing to
    measure. Each of the two takes max_seconds at most, but for its least samples.
    """
    if torch.device(device).type == "cpu":
        yield WallTiming()
        return
    timer = wall_timer(device)
    timer(operation, 1)
    times = yield from _samples(operation, timer, 1, call_s, max_seconds)
    latency_s, interval = statistics.median(times), _interval(times, seed)
    known = WallTiming(latency_s=latency_s, latency_interval_s=interval)
    yield known
    calls = min(_MAX_CALLS, math.ceil(_BLOCK_S / max(latency_s, 1e-9)))
    if calls > 1:
        timer(operation, calls)
        times = yield from _samples(operation, timer, calls, latency_s, max_seconds)
    call_s, interval = statistics.median(times), _interval(times, seed)
    yield replace(known, call_s=call_s, call_interval_s=interval)


def _samples(
    operation: Operation, timer: Timer, calls: int, call_s: float, max_seconds: float
) -> Generator[WallTiming, None, list[float]]:
    """Returns seconds a call of some blocks; yields after each that nothing is known yet."""
    least = MIN_SAMPLES if MIN_SAMPLES * calls * call_s <= max_seconds else _MIN_UNCERTAIN
    times: list[float] = []
    spent_s = 0.0
    while len(times) < least or (len(times) < _MAX_SAMPLES and spent_s < max_seconds):
        block = timed(timer, operation, calls)
        times.append(block.taken_s / calls)
        spent_s += block.spent_s
        yield WallTiming()
    return times


def _interval(times: list[float], seed: int) -> Interval | None:
    return median_interval(times, seed) if len(times) >= MIN_SAMPLES else None
