"""Which of two operations is faster, with a verdict that a busy machine does not upset.

Both run in turns, A B B A B A A B, so that whatever drifts (clock, heat, other programs) falls on both alike.
Each two neighbours, A B or B A, are a round and give one log-ratio; one round of either order together make
a sample, free of what it means to come first. The verdict rests on the bootstrap interval of the samples'
median, and never on two separate medians: two runs of the same code on a shared machine mostly have disjoint
intervals. Its count of involuntary context switches shows the rounds in which the system gave a core to
others: rounds are short, so that on a busy machine, too, many fall between two of these.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.devices.interruptions import interruptions
from core.statistics import MIN_SAMPLES, median_interval
from core.timing.measure.timers import QUEUED_CALLS, CudaTimer, Operation, Timer, overhead_s, timed
from core.timing.results.verdicts import CONFIDENCE, MIN_DIFFERENCE, UNSURE, verdict_of

# Counts how often the system has taken a core away from the work; None where that is not counted.
Count = Callable[[], int | None]

# Short blocks: most of them fall between two interruptions by other programs, which come every 2 ms or so.
_BLOCK_S = 0.0002
# Rounds between two moments at which the caller may stop or show progress.
_BATCH_S = 0.05
# Reading the clock costs both sides the same; it may take this fraction of a block.
_OVERHEAD_FRACTION = 1e-3
_FIRST_CHECK_ROUNDS = 40
# With so many samples that nothing interrupted, the others are left out of the verdict.
_ENOUGH_CLEAN_SAMPLES = 20
# Which of A and B comes first in each round.
_ORDERS = ("AB", "BA", "BA", "AB")


@dataclass(frozen=True)
class Round:
    """One round of both operations."""

    log_ratio: float  # log of candidate over baseline
    interrupted: bool  # whether the system gave a core to other programs meanwhile
    order: str  # "AB" or "BA"


@dataclass(frozen=True)
class Series:
    """One series of rounds, and what it says alone."""

    rounds: tuple[Round, ...]  # all of them; the interval is that of the uninterrupted where these are enough
    low: float  # the 99% interval of the median of candidate over baseline
    high: float
    verdict: str


@dataclass(frozen=True)
class Comparison:
    """The candidate's time over the baseline's: 1.05 is 5% slower.

    FASTER or SLOWER when both series found so, by more than the floor; SAME when both found the ratio within
    the floor, or within 10% where the floor is larger; else UNSURE.
    """

    ratio: float
    low: float  # the ratio's 99% interval
    high: float
    floor: float  # the least relative difference that is called one
    series: tuple[Series, ...]  # one or two
    verdict: str | None  # None while it is not known yet
    elapsed_s: float  # of both operations together, as the program sees it


def compare(
    baseline: Operation,
    candidate: Operation,
    timer: Timer,
    noise_floor: float = 0.0,
    max_seconds: float = 2.0,
    seed: int = 0,
    count: Count | None = None,
) -> Iterator[Comparison]:
    """Time two operations in turns; yields what is known after every few rounds, and last the verdict.

    noise_floor: what noise.noise_floor() found for this machine (relative). max_seconds: the longest
    that a series may take; there are one or two, since a verdict must be confirmed in a second one. count:
    how often the work was interrupted so far, where other processes do it.
    """
    floor = max(noise_floor, MIN_DIFFERENCE)
    repeats = block_sizes(baseline, candidate, timer)
    done: list[Series] = []
    spent_s = 0.0
    while len(done) < 2 and (not done or done[0].verdict != UNSURE):
        next_look, series = _FIRST_CHECK_ROUNDS, None
        for so_far, series_s in rounds(baseline, candidate, timer, repeats, max_seconds, count):
            if len(so_far) >= next_look:
                series = judge(so_far, floor, seed + len(done))
                next_look = math.ceil(1.5 * len(so_far))
                if series.verdict != UNSURE:
                    break
            yield _known([*done, series] if series else done, floor, spent_s + series_s, None)
        done.append(judge(so_far, floor, seed + len(done)))
        spent_s += series_s
    yield _known(done, floor, spent_s, _confirmed(done))


def rounds(
    baseline: Operation,
    candidate: Operation,
    timer: Timer,
    repeats: tuple[int, int],
    max_seconds: float,
    count: Count | None = None,
) -> Iterator[tuple[list[Round], float]]:
    """Rounds of A B, B A, B A and A B in turn: those done so far, and the seconds that they took.

    Yields some ten times a second. What the caller does meanwhile leaves the caches cold, so each batch
    begins with a block of both that does not count.
    """
    sides = {"A": (baseline, repeats[0]), "B": (candidate, repeats[1])}
    done: list[Round] = []
    spent_s, batch_s = 0.0, math.inf
    for order in itertools.cycle(_ORDERS):
        if batch_s >= _BATCH_S:
            batch_s = sum(timed(timer, *side).spent_s for side in sides.values())
            spent_s += batch_s
        one, round_s = _round(order, sides, timer, count)
        done.append(one)
        batch_s += round_s
        spent_s += round_s
        time_is_up = spent_s >= max_seconds and len(done) >= 2 * MIN_SAMPLES
        if time_is_up or batch_s >= _BATCH_S:
            yield done, spent_s
        if time_is_up:
            return


def _round(
    order: str, sides: dict[str, tuple[Operation, int]], timer: Timer, count: Count | None
) -> tuple[Round, float]:
    """One round, and the seconds that it took the program."""
    count = count or interruptions
    before = count() or 0
    blocks = {side: timed(timer, *sides[side]) for side in order}
    interrupted = (count() or 0) > before
    a_s, b_s = (max(blocks[side].taken_s, 1e-12) / sides[side][1] for side in "AB")
    return Round(math.log(b_s / a_s), interrupted, order), sum(block.spent_s for block in blocks.values())


def uninterrupted_log_ratios(done: Sequence[Round]) -> list[float]:
    """The log-ratios that a verdict rests on: of uninterrupted rounds, or of all where those are few."""
    clean = _samples([one for one in done if not one.interrupted])
    return clean if len(clean) >= _ENOUGH_CLEAN_SAMPLES else _samples(done)


def _samples(done: Sequence[Round]) -> list[float]:
    """The mean of each round that began with A and the next one that began with B."""
    of = {order: [one.log_ratio for one in done if one.order == order] for order in ("AB", "BA")}
    return [(first + second) / 2 for first, second in zip(of["AB"], of["BA"], strict=False)]


def judge(done: Sequence[Round], floor: float, seed: int = 0) -> Series:
    """What one series of rounds says: outside the floor, inside it, or neither."""
    low, high = median_interval(uninterrupted_log_ratios(done), seed, CONFIDENCE)
    return Series(tuple(done), math.exp(low), math.exp(high), verdict_of(low, high, floor))


def _confirmed(series: Sequence[Series]) -> str:
    verdicts = {one.verdict for one in series}
    return verdicts.pop() if len(series) == 2 and len(verdicts) == 1 else UNSURE


def _known(series: Sequence[Series], floor: float, elapsed_s: float, verdict: str | None) -> Comparison:
    pooled = uninterrupted_log_ratios([one for of in series for one in of.rounds])
    if not pooled:
        return Comparison(math.nan, 0.0, math.inf, floor, (), verdict, elapsed_s)
    low, high = median_interval(pooled, 0, CONFIDENCE)
    ratio = math.exp(statistics.median(pooled))
    return Comparison(ratio, math.exp(low), math.exp(high), floor, tuple(series), verdict, elapsed_s)


def block_sizes(baseline: Operation, candidate: Operation, timer: Timer) -> tuple[int, int]:
    """Calls in a block of each side, both blocks about as long; the calls here warm up too."""
    block_s = max(_BLOCK_S, overhead_s(timer) / (0.75 * _OVERHEAD_FRACTION))
    max_calls = QUEUED_CALLS if isinstance(timer, CudaTimer) else 10**9
    return _calls_for(baseline, timer, block_s, max_calls), _calls_for(candidate, timer, block_s, max_calls)


def _calls_for(operation: Operation, timer: Timer, block_s: float, max_calls: int) -> int:
    timer(operation, 1)  # the first call pays for set-up
    calls = 1
    # Rather somewhat shorter than half as long again.
    while calls < max_calls and (taken_s := min(timer(operation, calls) for _ in range(3))) < 0.75 * block_s:
        calls = min(max_calls, math.ceil(calls * min(10.0, block_s / max(taken_s, 1e-9))))
    return calls
