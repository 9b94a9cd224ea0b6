"""What a record of a result file must be: the fields of its event, with values of their types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cache, partial
from itertools import chain
from operator import itemgetter
from typing import Any

from core.cluster import events as node_events
from core.errors import InvalidRequest
from core.records import column_check, hints
from core.timing.activation_cost import events as cost_events
from core.timing.collectives import events as collective_events
from core.timing.frameworks import events as framework_events
from core.timing.nodes import events as nodes_events
from core.timing.quick_check import events as check_events
from core.timing.results import events
from core.timing.results.table import Record
from core.timing.roofline import events as roofline_events
from core.timing.self_comparison import events as self_events
from core.timing.stress import events as stress_events
from core.timing.sweeps import events as sweep_events
from core.timing.together import events as together_events
from core.timing.workloads.dtypes import DTYPE_BYTES

# The kinds of record whose fields are checked; others are kept as they are, and nothing here reads them.
_KINDS = {
    "environment_read": events.EnvironmentRead,
    "device_absent": events.DeviceAbsent,
    "device_sampled": events.DeviceSampled,
    "measurement_taken": events.MeasurementTaken,
    "measurement_failed": events.MeasurementFailed,
    "noise_measured": events.NoiseMeasured,
    "roof_measured": events.RoofMeasured,
    "points_skipped": events.PointsSkipped,
    "point_compared": events.PointCompared,
    "point_not_compared": events.PointNotCompared,
    "concluded": events.Concluded,
    "fma_measured": roofline_events.FmaMeasured,
    "peak_found": roofline_events.PeakFound,
    "format_absent": roofline_events.FormatAbsent,
    "bandwidth_found": roofline_events.BandwidthFound,
    "roofline_point": roofline_events.RooflinePoint,
    "speedup_curve": sweep_events.SpeedupCurve,
    "fused_compared": cost_events.FusedCompared,
    "memory_saved": cost_events.MemorySaved,
    "cost_ranked": cost_events.CostRanked,
    "framework_absent": framework_events.FrameworkAbsent,
    "framework_started": framework_events.FrameworkStarted,
    "work_measured": framework_events.WorkMeasured,
    "work_failed": framework_events.WorkFailed,
    "floor_measured": framework_events.FloorMeasured,
    "work_compared": framework_events.WorkCompared,
    "framework_finished": framework_events.FrameworkFinished,
    "sweep_finished": events.SweepFinished,
    "machine_checked": check_events.MachineChecked,
    "processes_joined": collective_events.ProcessesJoined,
    "collective_measured": collective_events.CollectiveMeasured,
    "collective_failed": collective_events.CollectiveFailed,
    "together_measured": together_events.TogetherMeasured,
    "self_compared": self_events.SelfCompared,
    "self_comparisons_counted": self_events.SelfComparisonsCounted,
    "stress_sampled": stress_events.StressSampled,
    "stress_ended": stress_events.StressEnded,
    "node_found": node_events.NodeFound,
    "node_waiting": node_events.NodeWaiting,
    "node_event": node_events.NodeEvent,
    "node_finished": node_events.NodeFinished,
    "node_lost": node_events.NodeLost,
    "node_point_compared": nodes_events.NodePointCompared,
    "node_judged": nodes_events.NodeJudged,
}


def checked(records: Sequence[Any], name: str) -> list[Record]:
    """The records with default values for fields that they lack; those of an unknown event as they are.

    Raises InvalidRequest, which begins with the file's `name`, for the first that is no such record.
    """
    whole = [_with_defaults(record) for record in records]
    if _fault(whole):
        raise InvalidRequest(f"{name} {_fault([_first_faulty(whole)])}")
    return whole


def _first_faulty(records: Sequence[Any]) -> Any:
    """Of records of which one is, at least; by halves, since many are checked as fast as a few."""
    while len(records) > 1:
        first, second = records[: len(records) // 2], records[len(records) // 2 :]
        records = first if _fault(first) else second
    return records[0]


def _with_defaults(record: Any) -> Any:
    kind = _KINDS.get(record["event"]) if _is_record(record) else None
    if kind is None:
        return record
    defaults, makers = _defaults(kind)
    if not defaults.keys() <= record.keys():  # most records lack nothing, and a copy of each is slow
        made = {name: make() for name, make in makers.items() if name not in record}
        record = defaults | record | made
    if kind is node_events.NodeEvent and "record" in record:
        record = record | {"record": _with_defaults(record["record"])}
    return record


def _is_record(record: Any) -> bool:
    return isinstance(record, dict) and isinstance(record.get("event"), str)


def _fault(records: Sequence[Any]) -> str | None:
    """What is wrong with records, all checked together: a fault of one of them, or None."""
    of_event: dict[str, list[Record]] = {}
    for record in records:
        if not _is_record(record):
            return 'is not a result file: a record has no "event".'
        of_event.setdefault(record["event"], []).append(record)
    for event, alike in of_event.items():
        if event in _KINDS and (found := _fault_of_event(event, alike)):
            return found
    return None


def _fault_of_event(event: str, records: Sequence[Record]) -> str | None:
    """The same for records of one event: column by column, in the order of its fields."""
    columns = _columns(_KINDS[event], records)
    for name, all_have_its_type in _checks(_KINDS[event]).items():
        if name not in columns:
            return f"is broken: {name} of a {event} is missing."
        if not all_have_its_type(columns[name]):
            return f"is broken: {name} of a {event} is not what it should be."
    if event == "measurement_taken" and (wrong := _wrong_figure(columns)):
        return f"is broken: {wrong} of a {event} is not what it should be."
    return _fault(columns["record"]) if event == "node_event" else None


def _columns(kind: type, records: Sequence[Record]) -> dict[str, Sequence[Any]]:
    """The values of each field that all records have."""
    names = list(_checks(kind))
    try:
        rows = map(itemgetter("event", *names), records)  # which makes a tuple of one field, too
        return dict(zip(names, list(zip(*rows, strict=True))[1:], strict=True))
    except KeyError:
        whole = (name for name in names if all(name in record for record in records))
        return {name: [record[name] for record in records] for name in whole}


def _wrong_figure(taken: Mapping[str, Sequence[Any]]) -> str | None:
    """What every reader relies on: positive times, and as many samples as it says."""
    for name in ("median_s", "ci_low_s", "ci_high_s", "size", "samples", "repeats"):
        if min(taken[name]) <= 0:
            return name
    if min(chain.from_iterable(taken["times_s"]), default=1.0) <= 0:
        return "times_s"
    if list(map(len, taken["times_s"])) != list(taken["samples"]):
        return "times_s"
    if ("cpu", None) in zip(taken["device"], taken["threads"], strict=True):
        return "threads"
    return None if DTYPE_BYTES.keys() >= set(taken["dtype"]) else "dtype"


@cache
def _checks(kind: type) -> dict[str, Callable[[Sequence[Any]], bool]]:
    """Of each field whether values of it have its type."""
    return {name: column_check(hint) for name, hint in hints(kind).items()}


@cache
def _defaults(kind: type) -> tuple[Record, dict[str, Callable[[], Any]]]:
    """The defaults of fields by name, and what makes those that each record has for itself (here None)."""
    values: dict[str, Any] = {}
    makers: dict[str, Callable[[], Any]] = {}
    for field in fields(kind):
        if isinstance(field.default, tuple):
            values[field.name], makers[field.name] = None, partial(list, field.default)
        elif field.default is not MISSING:
            values[field.name] = field.default
        elif field.default_factory is not MISSING:
            values[field.name], makers[field.name] = None, field.default_factory
    return values, makers
