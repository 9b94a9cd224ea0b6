"""What a record of a result file must be: the fields of its event, with values of their types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import cache, partial
from typing import Any

from core.cluster import events as node_events
from core.errors import InvalidRequest
from core.records import hints, type_check
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


def checked(record: Any, name: str) -> Record:
    """The record with default values for fields that it lacks; one of an unknown event as it is.

    Raises InvalidRequest, which begins with the file's `name`, for what is no such record.
    """
    if not isinstance(record, dict) or not isinstance(record.get("event"), str):
        raise InvalidRequest(f'{name} is not a result file: a record has no "event".')
    kind = _KINDS.get(record["event"])
    if kind is None:
        return record
    whole = {name: make() if make else value for name, value, make in _defaults(kind)} | record
    for field_name, has_its_type, optional in _checks(kind):
        value = whole.get(field_name, MISSING)
        if not (optional and value is None) and (value is MISSING or not has_its_type(value)):
            state = "is missing" if field_name not in whole else "is not what it should be"
            raise InvalidRequest(f"{name} is broken: {field_name} of a {record['event']} {state}.")
    if record["event"] == "measurement_taken":
        _check_figures(whole, name)
    if record["event"] == "node_event":
        whole["record"] = checked(whole["record"], name)
    return whole


def _check_figures(taken: Record, name: str) -> None:
    """What every reader relies on: positive times, and as many samples as it says."""
    positive = ("median_s", "ci_low_s", "ci_high_s", "size", "samples", "repeats")
    wrong = [field_name for field_name in positive if taken[field_name] <= 0]
    if not all(time_s > 0 for time_s in taken["times_s"]) or len(taken["times_s"]) != taken["samples"]:
        wrong.append("times_s")
    if taken["device"] == "cpu" and taken["threads"] is None:
        wrong.append("threads")
    if taken["dtype"] not in DTYPE_BYTES:
        wrong.append("dtype")
    if wrong:
        raise InvalidRequest(f"{name} is broken: {wrong[0]} of a measurement_taken is not what it should be.")


@cache
def _checks(kind: type) -> list[tuple[str, Callable[[Any], bool], bool]]:
    """Of each field its name, whether a value has its type, and whether it may be None, which most are."""
    checks = {name: type_check(hint) for name, hint in hints(kind).items()}
    return [(name, check, check(None)) for name, check in checks.items()]


@cache
def _defaults(kind: type) -> list[tuple[str, Any, Callable[[], Any] | None]]:
    """Of each field that has one its name, and its default or what makes one."""
    found: list[tuple[str, Any, Callable[[], Any] | None]] = []
    for field in fields(kind):
        if isinstance(field.default, tuple):
            found.append((field.name, None, partial(list, field.default)))
        elif field.default is not MISSING:
            found.append((field.name, field.default, None))
        elif field.default_factory is not MISSING:
            found.append((field.name, None, field.default_factory))
    return found
