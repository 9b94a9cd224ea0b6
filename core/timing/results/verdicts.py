"""What may be said of two results: FASTER, SLOWER, SAME or UNSURE, point by point. Records in, verdicts out.

Figures of two results were taken at different moments, so they are judged by the unpaired noise floors of
both. Nothing here measures, so that a page can judge two files, too.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from core.statistics import ABOVE, BELOW, UNDECIDED, WITHIN, judge_interval, ratio_interval, ratio_intervals
from core.timing.results.events import PointCompared, PointNotCompared
from core.timing.results.table import POINT, Record, environment_of, load_during, measurements, point_of

FASTER, SLOWER, SAME, UNSURE = "FASTER", "SLOWER", "SAME", "UNSURE"

# Differences below this are of no use to anybody, and the quietest machine has some of them.
MIN_DIFFERENCE = 0.01
# On a machine whose floor is larger than this, nothing is called the same for being below it: a calibration
# beside other programs can find tens of percent, and "no difference of 40%" would sound like "no difference".
MAX_CALLED_SAME = 0.10
# The verdict is checked several times in one comparison, so each check asks for more than 95%.
CONFIDENCE = 0.99
_VERDICTS = {ABOVE: SLOWER, BELOW: FASTER, WITHIN: SAME, UNDECIDED: UNSURE}
# From this fraction of the CPU in other programs' use on, nothing bounds what they do to several threads.
_BUSY_FRACTION = 0.5

# Points that are resampled together, 8 KB each.
_TOGETHER = 256

PointKey = tuple[Any, ...]  # as table.point_of() names a point


@dataclass(frozen=True)
class UnpairedComparison:
    """Two sets of samples of different moments against each other; fields as in PointCompared."""

    ratio: float
    low: float
    high: float
    floor: float
    verdict: str


@dataclass(frozen=True)
class Conditions:
    """What else a result says of its figures: noise, and what other programs used meanwhile."""

    noise: Mapping[str, float]  # the largest unpaired floor of each device
    cores: int | None
    load: Mapping[PointKey, float]  # % of the CPU


def conditions_of(records: Sequence[Record]) -> Conditions:
    """Those of a whole result, read once for all its points."""
    noise: dict[str, float] = {}
    for record in records:
        if record["event"] == "noise_measured":
            noise[record["device"]] = max(record["unpaired"], noise.get(record["device"], 0.0))
    return Conditions(noise, environment_of(records).get("usable_cores"), load_during(records))


def compare_results(baseline: Sequence[Record], candidate: Sequence[Record]) -> Iterator[Any]:
    """Judge every point that both results hold; PointNotCompared for one that only one of them holds."""
    before, after = by_point(baseline), by_point(candidate)
    then, now = conditions_of(baseline), conditions_of(candidate)
    points = iter(before.items())
    while block := list(islice(points, _TOGETHER)):
        pairs = [(record, after[point]) for point, record in block if point in after]
        verdicts = _all_compared(then, now, pairs)
        for point, _ in block:
            yield (next(verdicts) if point in after else not_compared(point, "only the first result has it"))
    for point in after:
        if point not in before:
            yield not_compared(point, "only the second result has it")


def compare_unpaired(
    baseline_s: Sequence[float], candidate_s: Sequence[float], noise_floor: float, seed: int = 0
) -> UnpairedComparison:
    """Judge samples that were taken at different moments, as two result files hold them (seconds a call).

    noise_floor: the unpaired one of core.timing.measure.noise, the larger of both results. Samples of one run
    say nothing of what changed until the next one; the floor alone covers that, so it must be there.
    """
    interval = ratio_interval(baseline_s, candidate_s, seed, CONFIDENCE)
    return _judged(baseline_s, candidate_s, noise_floor, interval)


def _judged(
    baseline_s: Sequence[float],
    candidate_s: Sequence[float],
    noise_floor: float,
    interval: tuple[float, float],
) -> UnpairedComparison:
    """The same with the interval of the ratio of the medians."""
    floor, (low, high) = max(noise_floor, MIN_DIFFERENCE), interval
    ratio = statistics.median(candidate_s) / statistics.median(baseline_s)
    return UnpairedComparison(ratio, low, high, floor, verdict_of(math.log(low), math.log(high), floor))


def verdict_of(low: float, high: float, floor: float) -> str:
    """What an interval of the log-ratio says."""
    edge, near = math.log1p(floor), math.log1p(min(floor, MAX_CALLED_SAME))
    return _VERDICTS[judge_interval(low, high, edge, near)]


def by_point(records: Sequence[Record]) -> dict[PointKey, Record]:
    """The measurement of each point."""
    return {point_of(record): record for record in measurements(records)}


def _floor(conditions: Conditions, taken: Record) -> float:
    """The noise of a figure against another result's: relative differences below it are no difference.

    The larger of the machine's own noise then and of how far the figure wandered while it was measured.
    """
    return max(conditions.noise.get(taken["device"], 0.0), _wandered(taken["times_s"]))


def _wandered(times_s: Sequence[float]) -> float:
    """How far the median moved from the first half of a series to the second, relative."""
    middle = len(times_s) // 2
    if not middle:
        return 0.0
    halves = statistics.median(times_s[:middle]), statistics.median(times_s[middle:])
    return max(halves) / min(halves) - 1


def load_margin(conditions: Conditions, taken: Record) -> float:
    """How much slower (0.5 is 50%) the cores that other programs used can have made a figure, at the most."""
    threads = taken["threads"] or 1
    cores = conditions.cores or threads
    others = (conditions.load.get(point_of(taken)) or 0.0) / 100 * cores
    if threads > 1 and others >= _BUSY_FRACTION * cores:
        return math.inf  # threads wait for each other, so one that waits for a core holds up all
    left = max(cores - others, 0.1)
    return max(0.0, min(threads, cores) / left - 1)


def compared(then: Conditions, before: Record, now: Conditions, after: Record) -> PointCompared:
    """The verdict on two sets of samples that were taken at different moments.

    SLOWER and FASTER are what neither noise nor other programs explain, and what the fastest sample shows as
    well: other programs seldom disturb every one, and another operation changes them all.
    """
    (verdict,) = _all_compared(then, now, [(before, after)])
    return verdict


def _all_compared(
    then: Conditions, now: Conditions, pairs: Sequence[tuple[Record, Record]]
) -> Iterator[PointCompared]:
    """compared() of each pair of measurements, before and after."""
    samples = [(before["times_s"], after["times_s"]) for before, after in pairs]
    intervals = ratio_intervals(samples, confidence=CONFIDENCE)
    for (before, after), interval in zip(pairs, intervals, strict=True):
        yield _compared(then, before, now, after, interval)


def _compared(
    then: Conditions, before: Record, now: Conditions, after: Record, interval: tuple[float, float]
) -> PointCompared:
    noise = max(_floor(then, before), _floor(now, after))
    found = _judged(before["times_s"], after["times_s"], noise, interval)
    fastest = min(after["times_s"]) / min(before["times_s"])
    explained = {
        SLOWER: found.low <= 1 + load_margin(now, after) or fastest <= 1 + noise,
        FASTER: 1 / found.high <= 1 + load_margin(then, before) or 1 / fastest <= 1 + noise,
    }
    return PointCompared(
        **{name: after[name] for name in POINT},
        baseline_s=before["median_s"],
        candidate_s=after["median_s"],
        ratio=found.ratio,
        low=found.low,
        high=found.high,
        floor=found.floor,
        verdict=UNSURE if explained.get(found.verdict) else found.verdict,
    )


def not_compared(point: PointKey, reason: str) -> PointNotCompared:
    """A point that only one of the results holds, or that could not be measured."""
    return PointNotCompared(**dict(zip(POINT, point, strict=True)), reason=reason)
