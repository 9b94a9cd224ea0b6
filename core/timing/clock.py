"""The clock: measures any callable until its median is known well enough, or time is up.

The scheme is that of torch.utils.benchmark (blocks that hide the timer, adaptive stop), with a bootstrap
interval of the median as the reason to stop.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.timing.bootstrap import FEWEST_SAMPLES, median_interval
from core.timing.timers import Operation, Timer, overhead_s

TARGET, TIME_LIMIT = "target", "time limit"

# Reading the clock may take this part of a block.
_OVERHEAD_SHARE = 1e-4
# A block lasts at least this part of the time limit, so that a point has no more than some 200 samples.
_BLOCK_SHARE = 1 / 200
# Between two blocks the caller can stop or show progress; no block is made longer than this.
_LONGEST_BLOCK_S = 0.25
# The interval is first believed at this many samples: few of them agree by chance too often.
_FIRST_CHECK = 10
_WARM_UP_SHARE = 0.2
# Warm when a block is no more than 2% faster than the best before it, twice in a row.
_STEADY = 0.98


@dataclass(frozen=True)
class Timing:
    """What is known so far. times_s are seconds a call, one for each block of `repeats` calls.

    interval_s is the 95% confidence interval of the median, None while there are too few samples;
    stopped_by is None until the end, then "target" or "time limit". elapsed_s is the operation's own time,
    warm-up included; timer_overhead is the part of the samples that reading the clock took.
    """

    first_call_s: float
    repeats: int
    times_s: tuple[float, ...] = ()
    interval_s: tuple[float, float] | None = None
    stopped_by: str | None = None
    timer_overhead: float = 0.0
    elapsed_s: float = 0.0

    @property
    def median_s(self) -> float:
        """Median of the samples; before the first one the time of the first call."""
        return statistics.median(self.times_s) if self.times_s else self.first_call_s

    @property
    def relative_width(self) -> float:
        """Width of the interval as a part of the median; infinite until there is one."""
        if self.interval_s is None:
            return math.inf
        return (self.interval_s[1] - self.interval_s[0]) / self.median_s


def measure(
    operation: Operation, timer: Timer, target_ci: float = 0.01, max_seconds: float = 2.0, seed: int = 0
) -> Iterator[Timing]:
    """Time an operation; yields what is known after every block, and last the result.

    The time limit counts the operation's own time, not what the caller does between two blocks, and gives
    way to the six samples that a 95% interval needs: slow operations take longer.
    """
    overhead = overhead_s(timer)
    first_call_s = timer(operation, 1)
    spent_s, repeats = first_call_s, 1
    for repeats, taken_s in _warm_up(operation, timer, overhead, first_call_s, max_seconds):
        spent_s += taken_s
        yield Timing(first_call_s, repeats, elapsed_s=spent_s)

    times: list[float] = []
    interval = None
    next_check = _FIRST_CHECK
    while True:
        taken_s = timer(operation, repeats)
        times.append(taken_s / repeats)
        spent_s += taken_s
        time_is_up = spent_s >= max_seconds and len(times) >= FEWEST_SAMPLES
        if time_is_up or len(times) >= next_check:
            interval = median_interval(times, seed)
            next_check = math.ceil(len(times) * 1.2)
        share = overhead * len(times) / (sum(times) * repeats)
        timing = Timing(first_call_s, repeats, tuple(times), interval, None, share, spent_s)
        if timing.relative_width <= target_ci or time_is_up:
            break
        yield timing
    yield replace(timing, stopped_by=TARGET if timing.relative_width <= target_ci else TIME_LIMIT)


def _warm_up(
    operation: Operation, timer: Timer, overhead: float, first_call_s: float, max_seconds: float
) -> Iterator[tuple[int, float]]:
    """Grow the block until it hides the timer, and run it until it gets no faster.

    Yields the calls of the block that comes next, and the seconds that the last one took.
    """
    block_s = min(_LONGEST_BLOCK_S, max(overhead / _OVERHEAD_SHARE, max_seconds * _BLOCK_SHARE))
    left_s = max_seconds * _WARM_UP_SHARE - first_call_s
    repeats, taken_s = 1, 0.0
    while taken_s < block_s:
        taken_s = timer(operation, repeats)
        left_s -= taken_s
        if taken_s < block_s:
            # The first calls are slow ones, so grow by at most tenfold on what they promise.
            repeats = math.ceil(repeats * min(10.0, 1.05 * block_s / max(taken_s, 1e-9)))
        yield repeats, taken_s

    best_s, steady = taken_s, 0
    while steady < 2 and left_s > 0:
        taken_s = timer(operation, repeats)
        left_s -= taken_s
        steady = steady + 1 if taken_s >= _STEADY * best_s else 0
        best_s = min(best_s, taken_s)
        yield repeats, taken_s
