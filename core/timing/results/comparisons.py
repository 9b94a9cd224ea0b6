"""A comparison or a gate as text: lines, CSV, Markdown, verdicts. Records in, text out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from core.tables import csv_of_records, markdown_table
from core.timing.results.labels import threads_label, workload_label
from core.timing.results.table import Record
from core.timing.results.units import counted, duration

HEADER = (
    f"{'workload':<22} {'device':<7} {'dtype':<9} {'size':>9} {'thr':>3} {'baseline':>9} {'now':>9} "
    f"{'ratio':>6} {'between':>15} {'floor':>6}  verdict"
)


def line(record: Record) -> str | None:
    """One record of a comparison or a gate in one line; None when it has nothing to say."""
    if record["event"] == "point_not_compared":
        where = f"{record['device']} {record['dtype']}, size {record['size']}"
        return f"{workload_label(record)}, {where} was not compared: {record['reason']}"
    if record["event"] == "concluded":
        return "\n" + "\n".join(record["sentences"])
    if record["event"] != "point_compared":
        return None
    between = f"{record['low']:.3f} to {record['high']:.3f}"
    return (
        f"{workload_label(record):<22} {record['device']:<7} {record['dtype']:<9} {record['size']:>9} "
        f"{threads_label(record):>3} "
        f"{duration(record['baseline_s']):>9} {duration(record['candidate_s']):>9} {record['ratio']:>6.3f} "
        f"{between:>15} {record['floor']:>6.1%}  {_verdict(record)}"
    )


def _verdict(record: Record) -> str:
    if record["regression"]:
        return f"REGRESSION, {record['verdict']} in {record['takes']} takes"
    return str(record["verdict"])


_COLUMNS = (
    "workload", "step", "data", "size", "dtype", "device", "threads", "baseline_s", "candidate_s", "ratio",
    "low", "high", "floor", "verdict", "takes", "regression",
)  # fmt: skip


def to_csv(records: Sequence[Record]) -> str:
    """One line a compared point."""
    return csv_of_records(_compared(records), _COLUMNS)


def to_markdown(records: Sequence[Record]) -> str:
    """The verdicts as a Markdown page."""
    columns = (
        "Workload",
        "Device",
        "Format",
        "Size",
        "Threads",
        "Baseline",
        "Now",
        "Ratio",
        "Floor",
        "Verdict",
    )
    rows = [
        (
            workload_label(record),
            record["device"],
            record["dtype"],
            f"{record['size']:,}",
            threads_label(record),
            duration(record["baseline_s"]),
            duration(record["candidate_s"]),
            f"{record['ratio']:.3f} ({record['low']:.3f} to {record['high']:.3f})",
            f"{record['floor']:.1%}",
            _verdict(record),
        )
        for record in _compared(records)
    ]
    others = [f"- {line(record)}" for record in records if record["event"] == "point_not_compared"]
    sentences = "\n".join(f"- {sentence}" for sentence in verdicts(records))
    parts = ["# Comparison", sentences, markdown_table(columns, rows) if rows else "", "\n".join(others)]
    return "\n\n".join(part for part in parts if part) + "\n"


def verdicts(records: Sequence[Record]) -> list[str]:
    """How a comparison or a gate ended, in a sentence or two."""
    compared = _compared(records)
    if not compared:
        return ["No point could be compared."]
    counts = Counter(record["verdict"] for record in compared)
    each = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    sentences = [f"{counted(len(compared), 'point')} compared: {each}."]
    worse = [record for record in compared if record["regression"]]
    sentences += [
        f"Regression: {record['workload']} in {record['dtype']} of size {record['size']:,} on "
        f"{record['device']} takes {record['ratio']:.3g} times as long as in the baseline, "
        f"found in {record['takes']} takes."
        for record in worse
    ]
    if counts["UNSURE"]:
        sentences.append(
            "UNSURE: the figures scatter too much to tell; measure longer, or when the machine is quiet."
        )
    return sentences


def _compared(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record["event"] == "point_compared"]
