"""The noise of this machine: how far an operation differs from itself. No smaller difference is called one.

Two floors, since there are two ways to compare. Paired is what remains between two equal operations that run
in turns, as comparison.compare() runs them. Unpaired is what lies between medians of one operation taken at
different moments, as two result files hold them; on a shared machine it is many times larger.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from core.statistics import MIN_SAMPLES, median_interval
from core.timing.measure.comparison import Round, block_sizes, rounds, telling
from core.timing.measure.timers import Operation, Timer

# Stretches of time whose medians are set against each other for the unpaired floor.
_STRETCHES = 5
_CONFIDENCE = 0.99


@dataclass(frozen=True)
class NoiseFloor:
    """Relative differences that are noise here: 0.02 is 2%. median_s is the operation's own time."""

    paired: float
    unpaired: float
    median_s: float
    rounds: int
    elapsed_s: float


def noise_floor(
    operation: Operation, timer: Timer, max_seconds: float = 1.0, seed: int = 0
) -> Iterator[NoiseFloor | None]:
    """Compare an operation with itself for max_seconds; yields None in between, and last the floors."""
    repeats = block_sizes(operation, operation, timer)
    times: list[float] = []

    def remembered(block: Operation, calls: int) -> float:
        taken_s = timer(block, calls)
        times.append(taken_s / calls)
        return taken_s

    done: list[Round] = []
    spent_s = 0.0
    for done, spent_s in rounds(operation, operation, remembered, repeats, max_seconds):  # noqa: B007
        yield None
    yield NoiseFloor(
        paired=paired_floor(telling(done), seed),
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
