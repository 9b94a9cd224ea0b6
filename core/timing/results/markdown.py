"""A whole result as a page of Markdown. Records in, text out."""

from __future__ import annotations

from collections.abc import Sequence

from core.tables import markdown_table
from core.timing.results.conclusions import conclusions
from core.timing.results.labels import environment_line, threads_label, workload_label
from core.timing.results.lines import interval_half_width, other_line
from core.timing.results.table import Record, environment_of, link_label, measurements
from core.timing.results.units import duration, energy, figure

_COLUMNS = (
    "Workload", "Device", "Format", "Size", "Threads", "Median", "95% CI", "First call", "Cold", "GFLOP/s",
    "GB/s", "FLOP/B", "Limit", "Ran in", "Energy", "Noise", "Notes",
)  # fmt: skip


# What a program waits for an accelerator; left out where none was measured.
_WAITS = ("Wall", "Latency", "Launch", "Launches hidden")


def to_markdown(records: Sequence[Record]) -> str:
    """A whole result as a Markdown page: the machine, what to know, every figure, what is missing and why."""
    environment = environment_of(records)
    parts = ["# Timing report", environment_line(environment) if environment else ""]
    parts.append("\n".join(f"- {sentence}" for sentence in conclusions(records)))
    if taken := measurements(records):
        waits = any(record.get("wall_s") is not None for record in taken)
        columns = (*_COLUMNS, *_WAITS) if waits else _COLUMNS
        rows = [[*_cells(record), *(_waiting_cells(record) if waits else ())] for record in taken]
        parts.append(markdown_table(columns, rows))
    others = [line for record in records if (line := other_line(record))]
    parts.append("\n".join(f"- {line}" for line in dict.fromkeys(others)))
    return "\n\n".join(part for part in parts if part) + "\n"


def _cells(record: Record) -> list[str]:
    noise = record["noise_unpaired"]
    return [
        workload_label(record),
        record["device"],
        record["dtype"],
        f"{record['size']:,}",
        threads_label(record),
        duration(record["median_s"]),
        interval_half_width(record),
        duration(record["first_call_s"]),
        duration(record["cold_median_s"]) if record["cold_median_s"] else record["cold_reason"] or "-",
        figure(record["gflops"] or None),
        figure(record["gbps"]),
        figure(record["arithmetic_intensity"]),
        record["limit"] or "-",
        record["precision"] or record["precision_reason"] or "-",
        energy_cell(record),
        "-" if noise is None else f"{noise:.1%}",
        "; ".join(_remarks(record)),
    ]


def _remarks(record: Record) -> list[str]:
    """How the measurement ended, the link that it crossed, and what to doubt."""
    doubt = record.get("not_believed")
    link, doubts = link_label(record), [f"not believed: {doubt}"] if doubt else []
    return [record["stopped_by"], *([link] if link else []), *doubts, *record["contamination"]]


def _waiting_cells(record: Record) -> list[str]:
    hidden = {True: "yes", False: "no", None: "-"}[record.get("launches_hidden")]
    return [*(duration(record.get(name)) for name in ("wall_s", "latency_s", "launch_s")), hidden]


def energy_cell(record: Record) -> str:
    """Joules of one operation and GFLOP a joule, or why there are none: a figure has its spread."""
    if known := energy(record):
        return ", ".join(filter(None, known))
    return str(record["energy_reason"] or ("-" if record["joules"] is None else "its spread is not known"))
