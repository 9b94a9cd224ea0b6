"""Results read back: from the records of a sweep's events to rows that a table, a chart or a file can use."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.tables import csv_of_records
from core.timing.results.events import SCHEMA
from core.timing.results.units import counted, energy, half_width_percent, microseconds

Record = Mapping[str, Any]

# From this fraction of the CPU (%) on, other programs are named beside the figures: they lower them.
NOTABLE_LOAD = 10.0

COLUMNS = (
    "workload", "size", "dtype", "device", "threads", "median_s", "ci_low_s", "ci_high_s", "samples",
    "gflops", "gflops_low", "gflops_high", "stopped_by", "first_call_s", "repeats", "timer_overhead",
    "flops", "bytes_moved", "step", "data", "gbps", "arithmetic_intensity", "limit", "cold_median_s",
    "launch_s", "precision", "relative_error", "joules", "gflop_per_joule", "noise_paired", "noise_unpaired",
    "contamination", "retaken", "joules_low", "joules_high", "wall_s", "latency_s", "launches_hidden",
    "pcie_generation", "pcie_width", "not_believed",
)  # fmt: skip


def measurements(records: Iterable[Record]) -> list[Record]:
    """The records of the points that were measured."""
    return [record for record in records if record["event"] == "measurement_taken"]


def believed(records: Iterable[Record]) -> list[Record]:
    """The measurements whose rates the device can do: no other one is a record, or overtakes anything."""
    return [record for record in measurements(records) if not record.get("not_believed")]


def call_times(record: Record) -> tuple[float, float, float]:
    """What a program waits for a call among others, seconds: the median and the ends of its 95% interval.

    On an accelerator its wall time, where that was measured; its own time is shorter where launching a call
    takes longer than doing it.
    """
    wall_s = record.get("wall_s")
    if wall_s is None:
        return record["median_s"], record["ci_low_s"], record["ci_high_s"]
    low_s, high_s = record.get("wall_interval_s") or (wall_s, wall_s)
    return wall_s, low_s, high_s


def series_name(record: Record) -> str:
    """What one line of a chart is called: "cpu float32, 2 threads", "cuda:0 bfloat16, zeros"."""
    parts = [f"{record['device']} {record['dtype']}"]
    if record["threads"] is not None:
        parts.append(counted(record["threads"], "thread"))
    for name, default in (("step", "forward"), ("data", "random")):
        if record.get(name, default) != default:
            parts.append(record[name])
    return ", ".join(parts)


# What names a point of a result.
POINT = ("workload", "step", "data", "size", "dtype", "device", "threads")
_APART_FROM_DATA = tuple(name for name in POINT if name != "data")


def point_of(record: Record) -> tuple[Any, ...]:
    """What was measured, apart from how it went: equal for the same point of two results."""
    return tuple(map(record.get, POINT))


def apart_from_data(record: Record) -> tuple[Any, ...]:
    """point_of() without what the operands held: equal for points that differ in nothing else."""
    return tuple(map(record.get, _APART_FROM_DATA))


def workloads_of(records: Iterable[Record]) -> list[str]:
    """The workloads that have at least one measurement, in their order."""
    return list(dict.fromkeys(record["workload"] for record in measurements(records)))


def environment_of(records: Iterable[Record]) -> Mapping[str, Any]:
    """What the records were measured on; empty when they do not say."""
    return next((record["environment"] for record in records if record["event"] == "environment_read"), {})


def fastest(records: Iterable[Record], by: str) -> list[Record]:
    """The measurement with the highest rate for each value of a field ("dtype", "device"), best first."""
    best: dict[Any, Record] = {}
    for record in believed(records):
        if record[by] not in best or _order(record) > _order(best[record[by]]):
            best[record[by]] = record
    return sorted(best.values(), key=_order, reverse=True)


def rate_of(record: Record) -> tuple[float, str]:
    """A measurement's rate with its unit: GFLOP/s, or GB/s of what only moves data."""
    if record["gflops"]:
        return record["gflops"], "GFLOP/s"
    return record["bytes_moved"] / record["median_s"] / 1e9, "GB/s"


def _order(record: Record) -> tuple[float, float]:
    return record["gflops"], record["bytes_moved"] / record["median_s"]


def other_load(records: Iterable[Record]) -> float | None:
    """The most that other programs used of the CPU during any one measurement, in %; None if unknown."""
    readings = [
        record["readings"].get("others", {}).get("value")
        for record in records
        if record["event"] == "device_sampled" and record["device"] == "cpu"
    ]
    return max((value for value in readings if value is not None), default=None)


def load_during(records: Iterable[Record]) -> dict[tuple[Any, ...], float]:
    """What other programs used of the CPU during each point, in %, where the CPU was read after it."""
    loads: dict[tuple[Any, ...], float] = {}
    last: Record | None = None
    for record in records:
        if record["event"] == "measurement_taken":
            last = record
        elif record["event"] == "device_sampled" and record["device"] == "cpu" and last is not None:
            others = record["readings"].get("others", {}).get("value")
            if others is not None:
                loads[point_of(last)] = others
    return loads


def table(records: Iterable[Record]) -> list[dict[str, Any]]:
    """One row a measurement in units that people read: microseconds, and half the interval's width in %.

    Where an accelerator was measured, what a program waits for it and its launches besides.
    """
    taken = measurements(records)
    accelerated = any(record["device"] != "cpu" for record in taken)
    thorough = any(record.get("limit") or record.get("precision") for record in taken)
    return [
        {
            "device": record["device"],
            "dtype": record["dtype"],
            "threads": record["threads"],
            "size": record["size"],
            "data": record.get("data", "random"),
            "gflops": record["gflops"],
            "median_us": microseconds(record["median_s"]),
            "plus_minus_percent": half_width_percent(record),
            "first_call_us": microseconds(record["first_call_s"]),
            "samples": record["samples"],
            "stopped_by": record["stopped_by"],
            **(_thorough(record) if thorough else {}),
            **(_waits(record) if accelerated else {}),
            **({"not_believed": record["not_believed"]} if record.get("not_believed") else {}),
        }
        for record in taken
    ]


def _thorough(record: Record) -> dict[str, Any]:
    """What only a thorough measurement knows, or why it does not."""
    cold_s, known = record.get("cold_median_s"), energy({"joules": None} | dict(record))
    return {
        "precision": record.get("precision") or record.get("precision_reason"),
        "cold_us": None if cold_s is None else microseconds(cold_s),
        "limit": record.get("limit"),
        "energy": ", ".join(filter(None, known)) if known else record.get("energy_reason"),
    }


def _waits(record: Record) -> dict[str, Any]:
    times_s = {name: record.get(f"{name}_s") for name in ("wall", "latency", "launch")}
    return {
        **{f"{name}_us": None if value is None else microseconds(value) for name, value in times_s.items()},
        "launches_hidden": record.get("launches_hidden"),
        "link": link_label(record),
    }


def link_label(record: Record) -> str | None:
    """The link that a transfer crossed: "PCIe 4 x16"; None where it is not known."""
    generation, width = record.get("pcie_generation"), record.get("pcie_width")
    if generation is None and width is None:
        return None
    return f"PCIe {generation or '?'} x{width or '?'}"


def to_csv(records: Iterable[Record]) -> str:
    """One line a measurement, without the raw samples."""
    rows = [
        {**record, **_energy_ends(record), "contamination": "; ".join(record.get("contamination", ()))}
        for record in measurements(records)
    ]
    return csv_of_records(rows, COLUMNS)


def _energy_ends(record: Record) -> dict[str, float | None]:
    """Energy leaves with the ends of its interval, or not at all."""
    ends = record.get("joules_interval")
    if ends is None:
        return dict.fromkeys(("joules", "joules_low", "joules_high", "gflop_per_joule"))
    return {"joules_low": ends[0], "joules_high": ends[1]}


def to_json(records: Sequence[Record]) -> str:
    """Everything that a sweep yielded, raw samples too, with the version of this form."""
    return json.dumps({"schema": SCHEMA, "events": list(records)}, ensure_ascii=False, indent=1)
