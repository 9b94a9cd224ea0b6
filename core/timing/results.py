"""Results read back: from the records of a sweep's events to rows that a table, a chart or a file can use."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.timing.events import SCHEMA

Record = Mapping[str, Any]

# Above this share of the CPU (%) other programs are told of beside the figures: they lower them.
NOTABLE_LOAD = 10.0

COLUMNS = (
    "workload", "size", "dtype", "device", "threads", "median_s", "ci_low_s", "ci_high_s", "samples",
    "gflops", "gflops_low", "gflops_high", "stopped_by", "first_call_s", "repeats", "timer_overhead",
    "flops", "bytes_moved",
)  # fmt: skip


def measurements(records: Iterable[Record]) -> list[Record]:
    """The records of the points that were measured."""
    return [record for record in records if record["event"] == "measurement_taken"]


def series_name(record: Record) -> str:
    """What one line of a chart is called: "cpu float32, 2 threads", "cuda:0 bfloat16"."""
    threads = record["threads"]
    where = f"{record['device']} {record['dtype']}"
    return where if threads is None else f"{where}, {threads} thread{'s' * (threads != 1)}"


def other_load(records: Iterable[Record]) -> float | None:
    """The most that other programs used of the CPU during any one measurement, in %; None if unknown."""
    readings = [
        record["readings"]["others"]["value"]
        for record in records
        if record["event"] == "device_sampled" and record["device"] == "cpu"
    ]
    return max((value for value in readings if value is not None), default=None)


def to_csv(records: Iterable[Record]) -> str:
    """One line a measurement, without the raw samples."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(measurements(records))
    return text.getvalue()


def to_json(records: Sequence[Record]) -> str:
    """Everything that a sweep yielded, raw samples too, with the version of this form."""
    return json.dumps({"schema": SCHEMA, "events": list(records)}, ensure_ascii=False, indent=1)
