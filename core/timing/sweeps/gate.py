"""Two results against each other, and a baseline against this machine now.

Figures of two results were taken at different moments, so they are judged by the unpaired noise floors of
both. The gate measures again what looks slower, later and up to three times, and calls it a regression only
when every take says so.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.errors import InvalidRequest
from core.events import Progress, event_record
from core.timing.measure.comparison import FASTER, SLOWER, UNSURE, compare_unpaired
from core.timing.results.events import MeasurementTaken, PointCompared, PointNotCompared
from core.timing.results.table import POINT, Record, environment_of, load_during, measurements, point_of
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.sweep import sweeps
from core.timing.workloads import WORKLOADS

# How often a point must be found slower, each time measured anew, before it is called a regression.
TAKES = 3
# From this fraction of the CPU in other programs' use on, nothing bounds what they do to several threads.
_BUSY_FRACTION = 0.5

PointKey = tuple[Any, ...]  # as table.point_of() names a point


def compare_results(baseline: Sequence[Record], candidate: Sequence[Record]) -> Iterator[Any]:
    """Judge every point that both results hold; PointNotCompared for one that only one of them holds."""
    before, after = _by_point(baseline), _by_point(candidate)
    for point, record in before.items():
        if point in after:
            yield _compared(baseline, record, candidate, after[point])
        else:
            yield _not_compared(point, "only the first result has it")
    for point in after:
        if point not in before:
            yield _not_compared(point, "only the second result has it")


def gate(baseline: Sequence[Record], settings: Mapping[str, Any]) -> Iterator[Any]:
    """Measure the points of a baseline again, by settings of SweepConfig; yields the events of that, and last
    PointCompared for each point, or PointNotCompared.

    What looks slower is measured again after all others, so that what contaminated it may have passed.
    """
    before = _by_point(baseline)
    configs: dict[PointKey, SweepConfig] = {}
    for point, record in before.items():
        try:
            configs[point] = _config(record, settings)
        except InvalidRequest as refusal:
            yield _not_compared(point, str(refusal))
    found: dict[PointKey, PointCompared] = {}
    for take in range(1, TAKES + 1):
        suspects = [
            point for point in configs if take == 1 or (point in found and found[point].verdict == SLOWER)
        ]
        if not suspects:
            break
        now: list[Record] = []
        for event in sweeps([configs[point] for point in suspects]):
            if not isinstance(event, Progress):
                now.append(event_record(event))
            if take == 1 or isinstance(event, Progress | MeasurementTaken):
                yield event
        for point, record in _by_point(now).items():
            one = _compared(baseline, before[point], now, record)
            found[point] = replace(one, takes=take, regression=take == TAKES and one.verdict == SLOWER)
        if take == 1:
            yield from _not_measured([point for point in suspects if point not in found], now)
    yield from found.values()


def _config(record: Record, settings: Mapping[str, Any]) -> SweepConfig:
    """The sweep of one point; raises InvalidRequest, in words, when it is impossible here."""
    if record["workload"] in WORKLOADS:
        # What a baseline was measured with: other operands are another measurement.
        size_of = {"sizes": (record["size"],), "threads": (record["threads"] or 0,)}
        names = {"dtypes": "dtype", "devices": "device", "steps": "step", "data": "data"}
        axes = {axis: (record[name],) for axis, name in names.items()}
        return SweepConfig(record["workload"], **(dict(settings) | size_of | axes), thorough=True)
    raise InvalidRequest(f"this program has no workload {record['workload']!r}")


def _not_measured(points: Sequence[PointKey], now: Sequence[Record]) -> Iterator[PointNotCompared]:
    absent = {record["device"]: record["reason"] for record in now if record["event"] == "device_absent"}
    failed = {point_of(record): record["reason"] for record in now if record["event"] == "measurement_failed"}
    for point in points:
        reason = failed.get(point) or absent.get(point[5]) or "it could not be measured"
        yield _not_compared(point, reason)


def _by_point(records: Sequence[Record]) -> dict[PointKey, Record]:
    return {point_of(record): record for record in measurements(records)}


def _floor(records: Sequence[Record], taken: Record) -> float:
    """The noise of a figure against another result's: relative differences below it are no difference.

    The larger of the machine's own noise then and of how far the figure wandered while it was measured.
    """
    machine = [
        record["unpaired"]
        for record in records
        if record["event"] == "noise_measured" and record["device"] == taken["device"]
    ]
    return max([*machine, _wandered(taken["times_s"])])


def _wandered(times_s: Sequence[float]) -> float:
    """How far the median moved from the first half of a series to the second, relative."""
    middle = len(times_s) // 2
    if not middle:
        return 0.0
    halves = statistics.median(times_s[:middle]), statistics.median(times_s[middle:])
    return max(halves) / min(halves) - 1


def _load_margin(records: Sequence[Record], taken: Record) -> float:
    """How much slower (0.5 is 50%) the cores that other programs used can have made a figure, at the most."""
    threads = taken["threads"] or 1
    cores = environment_of(records).get("usable_cores") or threads
    others = (load_during(records).get(point_of(taken)) or 0.0) / 100 * cores
    if threads > 1 and others >= _BUSY_FRACTION * cores:
        return math.inf  # threads wait for each other, so one that waits for a core holds up all
    left = max(cores - others, 0.1)
    return max(0.0, min(threads, cores) / left - 1)


def _compared(
    baseline: Sequence[Record], before: Record, now: Sequence[Record], after: Record
) -> PointCompared:
    """The verdict on two sets of samples that were taken at different moments.

    SLOWER and FASTER are what neither noise nor other programs explain, and what the fastest sample shows as
    well: other programs seldom disturb every one, and another operation changes them all.
    """
    noise = max(_floor(baseline, before), _floor(now, after))
    found = compare_unpaired(before["times_s"], after["times_s"], noise)
    fastest = min(after["times_s"]) / min(before["times_s"])
    explained = {
        SLOWER: found.low <= 1 + _load_margin(now, after) or fastest <= 1 + noise,
        FASTER: 1 / found.high <= 1 + _load_margin(baseline, before) or 1 / fastest <= 1 + noise,
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


def _not_compared(point: PointKey, reason: str) -> PointNotCompared:
    return PointNotCompared(**dict(zip(POINT, point, strict=True)), reason=reason)
