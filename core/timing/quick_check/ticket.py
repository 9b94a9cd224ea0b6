"""A quick check as a ticket in Markdown, to paste. Records in, text out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.tables import markdown_table
from core.timing.quick_check.events import WORDS
from core.timing.results.labels import environment_line, threads_label, workload_label
from core.timing.results.lines import findings_in_order, interval_half_width, remedy_of
from core.timing.results.table import Record, environment_of, measurements
from core.timing.results.units import duration, figure


def verdict_of(records: Sequence[Record]) -> Record | None:
    """The record of MachineChecked; None while it has not come."""
    return next((record for record in records if record["event"] == "machine_checked"), None)


def to_ticket(records: Sequence[Record], host: str = "") -> str:
    """Everything that somebody else needs to judge this machine. host: its name, where it may be shared."""
    environment, verdict = environment_of(records), verdict_of(records)
    parts = [
        f"## {verdict['says']}" if verdict else "## The check has not come to its end",
        _machine(environment, host),
    ]
    started = next((r["started_at"] for r in records if r["event"] == "environment_read"), None)
    parts[-1] += f"  \nMeasured {started} by `python -m core.timing check`" if started else ""
    if verdict:
        rows = [
            [WORDS[one["rating"]], one["subject"], one["device"], one["says"], remedy_of(one)]
            for one in findings_in_order(verdict["findings"])
        ]
        parts.append(markdown_table(("Rating", "What", "Device", "Measured", "Look at"), rows))
    if taken := measurements(records):
        rows = [
            [
                workload_label(one),
                one["device"],
                one["dtype"],
                f"{one['size']:,}",
                threads_label(one),
                f"{duration(one['median_s'])} {interval_half_width(one)}",
                duration(one.get("wall_s")),
                figure(one["gflops"] or None),
                figure(one["gbps"]),
                "; ".join(one["contamination"]),
            ]
            for one in taken
        ]
        columns = (
            "Workload", "Device", "Format", "Size", "Threads", "Median, 95% CI", "Wall", "GFLOP/s", "GB/s",
            "Warnings",
        )  # fmt: skip
        parts.append(markdown_table(columns, rows))
    return "\n\n".join(parts) + "\n"


def _machine(environment: Mapping[str, Any], host: str) -> str:
    gpus = [gpu for gpu in environment.get("gpus") or () if isinstance(gpu, dict)]
    drivers = dict.fromkeys(str(gpu["driver"]) for gpu in gpus if gpu.get("driver"))
    parts = [environment_line(environment)]
    parts += [f"driver {', '.join(drivers)}"] if drivers else []
    limit = environment.get("container_cpu_limit")
    parts += [f"container limited to {limit:g} cores"] if limit else []
    return (f"**{host}**: " if host else "") + "; ".join(parts)
