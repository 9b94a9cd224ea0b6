"""Records of older result files in the form of today: one named function a version.

History of the form, by its number ("schema"):
  1: {"schema": 1, "events": [...]}, the records of a sweep in the order of their events. The same records,
     one JSON object a line with environment_read first, are what the command line's --json prints.
  2: A measurement also names its step and operand fill, and carries GB/s, arithmetic intensity, what limits
     it, cold times, outliers, launch cost, the precision that ran, energy, noise floors and conditions.
     noise_measured, roof_measured, points_skipped, point_compared, point_not_compared, concluded, and those
     of the roofline, speedup and activation cost commands are new.
  3: Names of the field: the event dot is roofline_point and memory_kept is memory_saved, whose form is fused
     or unfused (one call, formula); disturbed is contamination, as is contaminated in the conditions.
     What limits a transfer is "link". A measurement on an accelerator also has what a program waits (wall_s,
     latency_s, with intervals), speedup_curve's ratios are of that and kernel_ratios of the device's own time
     (in older files ratios are of this); the link, not_believed, ended_early and fast accumulation are new.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

# New names of events, of fields, and of values of memory_saved's form.
_EVENTS = {"dot": "roofline_point", "memory_kept": "memory_saved"}
_FORMS = {"one call": "fused", "formula": "unfused"}
_TRANSFERS = ("host_to_device", "host_to_device_pinned", "device_to_host", "device_to_host_pinned")


def upgraded(record: Any, version: int) -> Any:
    """A record of a file of this version in the form of today; what is no record is left as it is."""
    if not isinstance(record, dict):
        return record
    for older in range(version, len(_UPGRADES) + 1):
        record = _UPGRADES[older](record)
    if record.get("event") == "node_event":  # of a node of a cluster: a record of its own result
        record = {**record, "record": upgraded(record.get("record"), version)}
    return record


def with_rates(record: Mapping[str, Any]) -> dict[str, Any]:
    """From 1 to 2: what version 1 left for the reader to work out, where its figures are sound."""
    if record.get("event") != "measurement_taken":
        return dict(record)
    figures = [record.get(name, 0) for name in ("bytes_moved", "flops", "median_s")]
    if not all(_is_positive(value) for value in figures):
        return dict(record)
    moved, flops, median_s = map(float, figures)
    return dict(record) | {"gbps": moved / median_s / 1e9, "arithmetic_intensity": flops / moved}


def with_names_of_the_field(record: Mapping[str, Any]) -> dict[str, Any]:
    """From 2 to 3: new names for the same things. A record that has them already stays as it is."""
    event = record.get("event")
    new = {**record, "event": _EVENTS.get(event, event) if isinstance(event, str) else event}
    if event in ("measurement_taken", "noise_measured"):
        new = _renamed(new, "disturbed", "contamination")
        if isinstance(new.get("conditions"), dict):
            new["conditions"] = _renamed(new["conditions"], "contaminated", "contamination")
    if event == "measurement_taken" and new.get("workload") in _TRANSFERS and new.get("limit"):
        new["limit"] = "link"
    if event == "memory_kept" and isinstance(new.get("form"), str):
        new["form"] = _FORMS.get(new["form"], new["form"])
    return new


_UPGRADES: dict[int, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    1: with_rates,
    2: with_names_of_the_field,
}


def _renamed(record: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The same keys in the same order, one of them under its new name."""
    return {new if key == old else key: value for key, value in record.items()}


def _is_positive(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value) and value > 0
    except OverflowError:  # an integer that no float can hold
        return False
