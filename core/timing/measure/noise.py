"""The noise of this machine: how far an operation differs from itself. No smaller difference is called one.

Two floors, since there are two ways to compare. Paired is what remains between two equal operations that run
in turns, as comparison.compare() runs them. Unpaired is the difference between medians of one operation at
different moments, as two result files hold them; on a shared machine it is many times larger.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Generator
from dataclasses import dataclass

from core.events import Progress
from core.statistics import MIN_SAMPLES, median_interval
from core.timing.measure.comparison import Count, block_sizes, rounds, uninterrupted_log_ratios
from core.timing.measure.conditions import observe, wait_until_quiet
from core.timing.measure.progress import last_of
from core.timing.measure.timers import Operation, Timer, timer_for
from core.timing.results.events import NoiseMeasured
from core.timing.workloads import WORKLOADS

# The product that is set against itself: some 100 microseconds on a core, and nobody's special case.
_PRODUCT_SIZE = 256

# Stretches of time whose medians are set against each other for the unpaired floor.
_STRETCHES = 5
_CONFIDENCE = 0.99


@dataclass(frozen=True)
class NoiseFloor:
    """Relative differences that are noise here: 0.02 is 2%."""

    paired: float
    unpaired: float
    median_s: float  # the operation's own time
    rounds: int
    elapsed_s: float


def measure_noise(
    device: str, threads: int | None, max_seconds: float, seed: int = 0, quiet_wait_s: float = 0.0
) -> Generator[Progress, None, NoiseMeasured]:
    """Set a matrix product against itself on a device; returns the floors, with what contaminated them.

    quiet_wait_s: how long to wait for other programs to end before contaminated floors are measured again;
    these are final, with their mark. threads are those that torch has now.
    """
    operation = WORKLOADS["gemm"].prepare(_PRODUCT_SIZE, "float32", device, seed)
    found = yield from _observed(operation, device, threads, max_seconds, seed)
    if found.contamination and quiet_wait_s > 0:
        still = yield from last_of(wait_until_quiet(device, quiet_wait_s))
        if not still:
            found = yield from _observed(operation, device, threads, max_seconds, seed)
    return found


def _observed(
    operation: Operation, device: str, threads: int | None, max_seconds: float, seed: int
) -> Generator[Progress, None, NoiseMeasured]:
    finish = observe(device)
    floor = yield from noise_floor(operation, timer_for(device), max_seconds, seed)
    return NoiseMeasured(
        device,
        threads,
        floor.paired,
        floor.unpaired,
        floor.median_s,
        floor.rounds,
        floor.elapsed_s,
        finish().contamination,
    )


def noise_floor(
    operation: Operation,
    timer: Timer,
    max_seconds: float = 1.0,
    seed: int = 0,
    again: Operation | None = None,
    count: Count | None = None,
) -> Generator[Progress, None, NoiseFloor]:
    """Compare an operation with itself for max_seconds; returns the floors.

    again: the same operation of another process, where what is to be compared runs in two. count: as for
    comparison.compare().
    """
    again = again or operation
    repeats = block_sizes(operation, again, timer)
    times: list[float] = []

    def remembered(block: Operation, calls: int) -> float:
        taken_s = timer(block, calls)
        times.append(taken_s / calls)
        return taken_s

    done, spent_s = yield from last_of(rounds(operation, again, remembered, repeats, max_seconds, count))
    return NoiseFloor(
        paired=paired_floor(uninterrupted_log_ratios(done), seed),
        unpaired=unpaired_floor(times),
        median_s=statistics.median(times),
        rounds=len(done),
        elapsed_s=spent_s,
    )


def paired_floor(log_ratios: list[float], seed: int = 0) -> float:
    """The farthest end of the median's interval, over the whole and over each half: it must hold for both."""
    middle = len(log_ratios) // 2
    parts = [log_ratios]
    if middle >= MIN_SAMPLES:
        parts += [log_ratios[:middle], log_ratios[middle:]]
    ends = [end for part in parts for end in median_interval(part, seed, _CONFIDENCE)]
    return math.expm1(max(map(abs, ends)))


def unpaired_floor(times_s: list[float]) -> float:
    """The largest ratio between medians of stretches of the same series, less 1."""
    length = max(1, len(times_s) // _STRETCHES)
    medians = [
        statistics.median(times_s[start : start + length])
        for start in range(0, len(times_s) - length + 1, length)
    ]
    return max(medians) / min(medians) - 1
