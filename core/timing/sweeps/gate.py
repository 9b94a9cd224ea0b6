"""A baseline against this machine now.

The gate measures again what looks slower, later and up to three times, and calls it a regression only when
every take says so; each take is judged as two results are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.errors import InvalidRequest
from core.events import Progress, event_record
from core.timing.results.events import MeasurementTaken, PointCompared, PointNotCompared
from core.timing.results.table import Record, point_of
from core.timing.results.verdicts import SLOWER, PointKey, by_point, compared, conditions_of, not_compared
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.sweep import sweeps
from core.timing.workloads import WORKLOADS

# How often a point must be found slower, each time measured anew, before it is called a regression.
TAKES = 3


def gate(baseline: Sequence[Record], settings: Mapping[str, Any]) -> Iterator[Any]:
    """Measure the points of a baseline again, by settings of SweepConfig; yields the events of that, and last
    PointCompared for each point, or PointNotCompared.

    What looks slower is measured again after all others, so that what contaminated it may have passed.
    """
    before, then = by_point(baseline), conditions_of(baseline)
    configs: dict[PointKey, SweepConfig] = {}
    for point, record in before.items():
        try:
            configs[point] = _config(record, settings)
        except InvalidRequest as refusal:
            yield not_compared(point, str(refusal))
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
        conditions = conditions_of(now)
        for point, record in by_point(now).items():
            one = compared(then, before[point], conditions, record)
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
        yield not_compared(point, reason)
