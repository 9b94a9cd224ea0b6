"""The clock: measures any callable until its median is known well enough, or time is up.

The scheme is that of torch.utils.benchmark (blocks that hide the timer, adaptive stop), with a bootstrap
interval of the median as the reason to stop.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch

from core import torch_devices
from core.statistics import MIN_SAMPLES, median_interval
from core.timing.measure import outliers
from core.timing.measure.cold import ColdTiming, Flush, flush_for, measure_cold
from core.timing.measure.timers import (
    Block,
    CudaTimer,
    Operation,
    Timer,
    max_repeats,
    overhead_s,
    timed,
    timer_for,
    wall_timer,
)
from core.timing.measure.wall import WallTiming, measure_wall

TARGET, TIME_LIMIT = "target", "time limit"

# Reading the clock may take this fraction of a block.
_OVERHEAD_FRACTION = 1e-4
# A block lasts at least this fraction of the time limit, so that a point has no more than some 200 samples.
_BLOCK_FRACTION = 1 / 200
# Between two blocks the caller can stop or show progress; no block is made longer than this.
_MAX_BLOCK_S = 0.25
_ANY_NUMBER = 10**9
# The interval is first believed at this many samples: few of them agree by chance too often.
_FIRST_CHECK = 10
_WARM_UP_FRACTION = 0.2
# Warm when a block is no more than 2% faster than the best before it, twice in a row.
_STEADY = 0.98
# Cold calls may take this fraction of the time limit, on top of it: each pays for a flush of the caches.
_COLD_FRACTION = 0.5
# What a program waits for an accelerator is looked for in this fraction of the time limit, twice.
_WALL_FRACTION = 0.1
# Samples whose launches were hidden, as a fraction, from which on the median is free of launching.
_HIDDEN_FRACTION = 0.9


@dataclass(frozen=True)
class Measurement:
    """What is known so far of how long a call takes."""

    # The first call of this operation, which pays for its set-up, but not for what this process had set up
    # before (a context, a library); on an accelerator until its result is there.
    first_call_s: float
    repeats: int  # calls in a block
    times_s: tuple[float, ...] = ()  # seconds a call, one for each block
    interval_s: tuple[float, float] | None = None  # 95% interval of the median; None with too few samples
    stopped_by: str | None = None  # TARGET or TIME_LIMIT; None until the end
    timer_overhead: float = 0.0  # fraction of the samples that reading the clock took
    elapsed_s: float = 0.0  # the operation's own time, warm-up included
    spent_s: float = 0.0  # what that took the program, launches and waits included; the time limit counts it
    cold: ColdTiming = field(default_factory=ColdTiming)  # single calls on flushed caches
    launch_s: float | None = None  # what a call takes the program itself on a GPU; None elsewhere
    launches_hidden: bool | None = None  # whether nine of ten samples or more are free of that
    wall: WallTiming = field(default_factory=WallTiming)  # what a program sees of an accelerator
    threads: int = 0  # CPU threads that torch used

    @property
    def median_s(self) -> float:
        """Median of the samples; before the first one the time of the first call."""
        return statistics.median(self.times_s) if self.times_s else self.first_call_s

    @property
    def relative_width(self) -> float:
        """Width of the interval as a fraction of the median; infinite until there is one."""
        if self.interval_s is None:
            return math.inf
        return (self.interval_s[1] - self.interval_s[0]) / self.median_s

    @property
    def outliers(self) -> dict[str, int]:
        """How many samples lie outside Tukey's fences, by label; all of them are in times_s still."""
        return outliers.counts(self.times_s)


def time_operation(
    operation: Operation,
    device: str = "cpu",
    threads: int | None = None,
    target_ci: float = 0.01,
    max_seconds: float = 2.0,
    flush: Flush | str | None = None,
    seed: int = 0,
) -> Iterator[Measurement]:
    """Time any callable on any device: its first call, hot, and on cold caches; yields what is known so far.

    On an accelerator also what the program waits, for one call and for calls back to back.

    threads: CPU threads for torch while this runs (None leaves them as they are). flush: of the caches, as
    flush_for() made it; None makes one, and a sentence goes without, with that as the reason. The operation
    must not have been called before, or first_call_s is just another call.
    """
    device = torch_devices.resolve(device)
    timer = timer_for(device)
    with torch_devices.threads(threads):
        known, first = Measurement(0.0, 1), wall_timer(device)
        for known in measure(operation, timer, target_ci, max_seconds, seed, max_repeats(device), first):
            known = replace(known, threads=torch.get_num_threads())
            if known.stopped_by is None:
                yield known
        for wall in measure_wall(operation, device, known.median_s, _WALL_FRACTION * max_seconds, seed):
            known = replace(known, wall=wall)
            yield replace(known, stopped_by=None)
        if known.launch_s is not None and known.wall.call_s is not None:
            # What waits for the GPU itself has waited for the delay as well, which is none of its cost.
            known = replace(known, launch_s=min(known.launch_s, known.wall.call_s))
        flush = flush_for(device) if flush is None else flush
        for cold in measure_cold(operation, device, timer, flush, _COLD_FRACTION * max_seconds, seed):
            yield replace(known, cold=cold, stopped_by=None)
        yield replace(known, cold=cold)


def measure(
    operation: Operation,
    timer: Timer,
    target_ci: float = 0.01,
    max_seconds: float = 2.0,
    seed: int = 0,
    max_repeats: int | None = None,
    first_timer: Timer | None = None,
) -> Iterator[Measurement]:
    """Time an operation; yields what is known after every block, and last the result.

    The time limit counts what the blocks take the program, launches and waits included, but not what the
    caller does between two blocks. It gives way to the six samples that a 95% interval needs: slow operations
    take longer. max_repeats bounds the calls of a block, for a device whose queue is no longer; there very
    short operations cannot hide the timer's overhead as far, and timer_overhead says how far they do.
    first_timer times the first call, where that is another timer.
    """
    overhead = overhead_s(timer)
    first_call_s, spent_s = timed(first_timer or timer, operation, 1)
    elapsed_s, repeats = first_call_s, 1
    for repeats, block in _warm_up(
        operation, timer, overhead, first_call_s, max_seconds, max_repeats or _ANY_NUMBER
    ):
        elapsed_s, spent_s = elapsed_s + block.taken_s, spent_s + block.spent_s
        yield Measurement(first_call_s, repeats, elapsed_s=elapsed_s, spent_s=spent_s)

    times: list[float] = []
    hidden: list[bool] = []
    interval = None
    next_check = _FIRST_CHECK
    while True:
        block = timed(timer, operation, repeats)
        times.append(block.taken_s / repeats)
        elapsed_s, spent_s = elapsed_s + block.taken_s, spent_s + block.spent_s
        if isinstance(timer, CudaTimer):
            hidden.append(timer.launches_hidden)
        time_is_up = spent_s >= max_seconds and len(times) >= MIN_SAMPLES
        # Between two checks the interval is an older one's: good enough to show, not to stop by.
        checked = time_is_up or len(times) >= next_check
        if checked:
            interval = median_interval(times, seed)
            next_check = math.ceil(len(times) * 1.2)
        overhead_part = overhead * len(times) / (sum(times) * repeats)
        known = Measurement(
            first_call_s, repeats, tuple(times), interval, None, overhead_part, elapsed_s, spent_s
        )
        if isinstance(timer, CudaTimer):
            free = sum(hidden) >= _HIDDEN_FRACTION * len(hidden)
            known = replace(known, launch_s=timer.launch_s, launches_hidden=free)
        if checked and (known.relative_width <= target_ci or time_is_up):
            break
        yield known
    yield replace(known, stopped_by=TARGET if known.relative_width <= target_ci else TIME_LIMIT)


def _warm_up(
    operation: Operation,
    timer: Timer,
    overhead: float,
    first_call_s: float,
    max_seconds: float,
    max_repeats: int,
) -> Iterator[tuple[int, Block]]:
    """Grow the block until it hides the timer, and run it until it gets no faster.

    Yields the calls of the block that comes next, and what the last one took.
    """
    block_s = min(_MAX_BLOCK_S, max(overhead / _OVERHEAD_FRACTION, max_seconds * _BLOCK_FRACTION))
    left_s = max_seconds * _WARM_UP_FRACTION - first_call_s
    repeats = 1
    while True:
        block = timed(timer, operation, repeats)
        taken_s = block.taken_s
        left_s -= block.spent_s
        grown = taken_s >= block_s or repeats >= max_repeats
        if not grown:
            # The first calls are slow ones, so grow by at most tenfold on what they promise.
            growth = min(10.0, 1.05 * block_s / max(taken_s, 1e-9))
            repeats = min(max_repeats, math.ceil(repeats * growth))
        yield repeats, block
        if grown:
            break

    best_s, steady = taken_s, 0
    while steady < 2 and left_s > 0:
        block = timed(timer, operation, repeats)
        left_s -= block.spent_s
        steady = steady + 1 if block.taken_s >= _STEADY * best_s else 0
        best_s = min(best_s, block.taken_s)
        yield repeats, block
