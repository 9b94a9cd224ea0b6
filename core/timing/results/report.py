"""Results in words and in tables, for a terminal, a Markdown page or a CSV file. Records in, text out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.timing.results.conclusions import conclusions, verdicts
from core.timing.results.table import Record, environment_of, measurements, to_csv
from core.timing.sweeps.config import in_bytes


@dataclass(frozen=True)
class ResultFormat:
    """How the records of one kind of result are told.

    line(record) is a row of a table, or a sentence, or None; header stands above the first of the events in
    under_header. csv and markdown tell all records, and sentences conclude.
    """

    header: str
    under_header: tuple[str, ...]
    line: Callable[[Record], str | None]
    csv: Callable[[Sequence[Record]], str]
    markdown: Callable[[Sequence[Record]], str]
    sentences: Callable[[Sequence[Record]], list[str]]


GEMM_HEADER = (
    f"{'device':<8} {'dtype':<9} {'size':>6} {'threads':>7} {'median':>10} {'95% CI':>7} {'GFLOP/s':>9} "
    f"{'samples':>7}  stopped by"
)

HEADER = (
    f"{'workload':<22} {'device':<7} {'dtype':<9} {'size':>9} {'thr':>3} {'median':>9} {'95% CI':>7} "
    f"{'first':>9} {'cold':>9} {'GFLOP/s':>9} {'GB/s':>7} {'FLOP/B':>7}  notes"
)


def duration(seconds: float | None) -> str:
    """A time with its unit: 0.0000123 is "12.3 µs"; a dash where there is none."""
    if seconds is None:
        return "-"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds * 1e9:.4g} ns"


def environment_line(environment: Mapping[str, Any]) -> str:
    """The machine in one line; what an old or foreign record does not tell is left out."""
    forms = {"usable_cores": "{} usable cores", "torch": "torch {}", "python": "Python {}", "platform": "{}"}
    told = {name: form.format(environment[name]) for name, form in forms.items() if environment.get(name)}
    memory = environment.get("memory_bytes")
    machine = [str(environment.get("cpu", "an unknown CPU")), told.pop("usable_cores", "")]
    machine.append(in_bytes(memory) if isinstance(memory, int | float) else "")
    parts = [", ".join(filter(None, machine)), _gpus(environment), ", ".join(told.values())]
    return "; ".join(filter(None, parts))


def _gpus(environment: Mapping[str, Any]) -> str:
    gpus = environment.get("gpus")
    names = (
        [str(gpu.get("name", "GPU")) for gpu in gpus if isinstance(gpu, dict)]
        if isinstance(gpus, list)
        else []
    )
    return ", ".join(names) or "no NVIDIA GPU"


def interval_share(record: Record) -> str:
    """Half the width of the 95% interval, as a part of the median."""
    return f"±{50 * (record['ci_high_s'] - record['ci_low_s']) / record['median_s']:.1f}%"


def gemm_row(record: Record) -> str:
    """One measurement under GEMM_HEADER."""
    threads = "-" if record["threads"] is None else record["threads"]
    return (
        f"{record['device']:<8} {record['dtype']:<9} {record['size']:>6} {threads:>7} "
        f"{duration(record['median_s']):>10} {interval_share(record):>7} "
        f"{record['gflops']:>9,.1f} {record['samples']:>7}  {record['stopped_by']}"
    )


def row(record: Record) -> str:
    """One measurement under HEADER."""
    threads = "-" if record["threads"] is None else record["threads"]
    return (
        f"{called(record):<22} {record['device']:<7} {record['dtype']:<9} {record['size']:>9} {threads:>3} "
        f"{duration(record['median_s']):>9} {interval_share(record):>7} "
        f"{duration(record['first_call_s']):>9} {duration(record['cold_median_s']):>9} "
        f"{figure(record['gflops'] or None):>9} {figure(record['gbps']):>7} "
        f"{figure(record['arithmetic_intensity']):>7}  {notes(record)}"
    )


def called(record: Record) -> str:
    """The workload with its step and data regime where they are not the usual ones."""
    parts = [record["workload"]]
    parts += [record["step"]] if record.get("step", "forward") != "forward" else []
    parts += [record["data"]] if record.get("data", "random") != "random" else []
    return " ".join(map(str, parts))


def notes(record: Record) -> str:
    """What limits the operation, the precision that ran, energy, and what spoilt the figure."""
    parts = [record["limit"]] if record["limit"] else []
    if record["precision"]:
        parts.append(f"ran {record['precision']}")
    if record["gflop_per_joule"] is not None:
        parts.append(f"{record['gflop_per_joule']:.3g} GFLOP/J")
    if record["stopped_by"] != "target":
        parts.append(str(record["stopped_by"]))
    parts += [f"! {why}" for why in record["disturbed"]]
    return ", ".join(parts)


def figure(value: float | None) -> str:
    """Three significant digits, thousands apart; a dash for None."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def line(record: Record) -> str | None:
    """One record of a measurement in one line of a table or a sentence; None when it has nothing to say."""
    if record["event"] == "environment_read":
        return environment_line(record["environment"])
    if record["event"] == "concluded":
        return "\n" + "\n".join(record["sentences"])
    return row(record) if record["event"] == "measurement_taken" else other_line(record)


def other_line(record: Record) -> str | None:
    """What a record that is no measurement has to say, in one line; None when that is nothing."""
    match record["event"]:
        case "device_absent":
            return f"{record['device']} is absent: {record['reason']}"
        case "measurement_failed":
            where = f"{record['device']} {record['dtype']}, size {record['size']}"
            return f"{called(record)}, {where} failed: {record['reason']}"
        case "points_skipped":
            return f"{len(record['points'])} points left out: {record['reason']}"
        case "noise_measured":
            told = "".join(f"; disturbed: {why}" for why in record.get("disturbed", ()))
            return (
                f"Noise of {_place(record)}: {record['paired']:.1%} between operations that run in turns, "
                f"{record['unpaired']:.1%} between figures taken apart{told}"
            )
        case "roof_measured":
            reached = [f"{dtype} {figure(rate)} GFLOP/s" for dtype, rate in record["gflops"].items()]
            reached += [f"copy {figure(record['gbps'])} GB/s"] if record["gbps"] else []
            reached += [f"smallest call {duration(record['launch_s'])}"] if record["launch_s"] else []
            return f"Roof of {_place(record)}: {', '.join(reached) or 'nothing could run'}"
        case "fma_measured":
            return _fma_line(record)
        case "peak_found":
            return _peak_line(record)
        case "format_absent":
            return f"{record['device']} has no {record['dtype']}: {record['reason']}"
        case "bandwidth_found":
            vendor = record["vendor_gbps"]
            of = f", {100 * (record['gbps'] or 0) / vendor:.0f}% of the vendor's figure" if vendor else ""
            told = f"{figure(record['gbps'])} GB/s{of}" if record["gbps"] else record["reason"]
            return f"Copy of {in_bytes(record['copied_bytes'])} on {_place(record)}: {told}"
        case "dot":
            return _dot_line(record)
        case "speedup_curve":
            return _speedup_lines(record)
        case "fused_compared" | "memory_kept" | "cost_ranked":
            return _COST_LINES[record["event"]](record)
    return None


def _fma_line(record: Record) -> str:
    if record["gflops"] is None:
        return f"FMA peak of the cores: {record['reason']}"
    peak = f"{figure(record['gflops'])} GFLOP/s in float32 ({record['instructions']})"
    return f"FMA peak of {record['threads']} core{'s' * (record['threads'] != 1)}: {peak}"


def _peak_line(record: Record) -> str:
    shape = f"({record['rows']}, {record['inner']}) times ({record['inner']}, {record['columns']})"
    parts = [f"{record['dtype']} {figure(record['gflops'])} GFLOP/s, of {shape}"]
    if record["fma_share"] is not None:
        parts.append(record["explanation"] or f"{record['fma_share']:.0%} of the FMA peak")
    if record["vendor_gflops"]:
        parts.append(f"{record['gflops'] / record['vendor_gflops']:.0%} of the vendor's figure")
    return f"Best product of {record['tried']} tried on {_place(record)}: {'; '.join(parts)}"


def _dot_line(record: Record) -> str:
    parts = [f"{figure(record['intensity'])} FLOP/B", f"{figure(record['gflops'])} GFLOP/s"]
    shares = {
        "percent_of_peak": "peak",
        "percent_of_bandwidth": "bandwidth",
        "percent_of_vendor": "vendor's peak",
    }
    parts += [
        f"{figure(record[name])}% of {what}" for name, what in shares.items() if record[name] is not None
    ]
    where = f"{_place(record)}, {record['dtype']}, size {record['size']}"
    return f"{called(record)} under the roof of {where}: {', '.join([*parts, record['limit'] or ''])}".rstrip(
        ", "
    )


def _speedup_lines(record: Record) -> str:
    lines = [f"{called(record)}: {record['series']} over {record['reference']}"]
    ratios = zip(record["sizes"], record["ratios"], strict=False)
    lines.append("  " + ", ".join(f"{ratio:.3g}x at {size:,}" for size, ratio in ratios))
    for title, key in (("operands there", "reached"), ("with transfers", "reached_with_transfers")):
        told = [
            f"{one['ratio']:g}x from size {one['size']:,.0f}"
            if one["size"]
            else f"{one['ratio']:g}x {one['reason']}"
            for one in record[key]
        ]
        lines += [f"  {title}: {'; '.join(told)}"] if told else []
    lines += [f"  without transfers: {record['transfer_reason']}"] if record["transfer_reason"] else []
    return "\n".join(lines)


def _fused_line(record: Record) -> str:
    between = f"{record['low']:.3g} to {record['high']:.3g}"
    return (
        f"{record['activation']} {record['step']}: one call is {record['times_as_fast']:.3g} times as fast "
        f"as its formula written out ({between}): {record['verdict']}"
    )


def _kept_line(record: Record) -> str:
    names = {"input": "its input", "result": "its result", "other": "intermediate results"}
    parts = {what: record[f"{name}_bytes"] for name, what in names.items()}
    told = ", ".join(f"{value:.3g} of {what}" for what, value in parts.items() if value)
    form = " as a formula" if record["form"] == "formula" else ""
    count = f"{sum(parts.values()):.3g}"
    bytes_told = f"{count} byte{'s' * (count != '1')} an element for backward"
    return f"{record['activation']}{form} keeps {bytes_told}{': ' if told else ''}{told}"


def _ranking_line(record: Record) -> str:
    tied = [place["activation"] for place in record["places"] if place["tied"]]
    slower = [
        f"{place['activation']} {place['times_as_long']:.3g}x"
        for place in record["places"]
        if not place["tied"]
    ]
    first = f"Fastest {record['step']}: {', tied with '.join([tied[0], ', '.join(tied[1:])][: len(tied)])}"
    return f"{first}; slower: {', '.join(slower)}" if slower else first


_COST_LINES = {"fused_compared": _fused_line, "memory_kept": _kept_line, "cost_ranked": _ranking_line}


def _place(record: Record) -> str:
    threads = record["threads"]
    return (
        record["device"] if threads is None else f"{record['device']}, {threads} thread{'s' * (threads != 1)}"
    )


COMPARISON_HEADER = (
    f"{'workload':<22} {'device':<7} {'dtype':<9} {'size':>9} {'thr':>3} {'baseline':>9} {'now':>9} "
    f"{'ratio':>6} {'between':>15} {'floor':>6}  verdict"
)


def comparison_line(record: Record) -> str | None:
    """One record of a comparison or a gate in one line; None when it has nothing to say."""
    if record["event"] == "point_not_compared":
        where = f"{record['device']} {record['dtype']}, size {record['size']}"
        return f"{called(record)}, {where} was not compared: {record['reason']}"
    if record["event"] == "concluded":
        return "\n" + "\n".join(record["sentences"])
    if record["event"] != "point_compared":
        return None
    threads = "-" if record["threads"] is None else record["threads"]
    between = f"{record['low']:.3f} to {record['high']:.3f}"
    return (
        f"{called(record):<22} {record['device']:<7} {record['dtype']:<9} {record['size']:>9} {threads:>3} "
        f"{duration(record['baseline_s']):>9} {duration(record['candidate_s']):>9} {record['ratio']:>6.3f} "
        f"{between:>15} {record['floor']:>6.1%}  {_verdict(record)}"
    )


def _verdict(record: Record) -> str:
    if record["regression"]:
        return f"REGRESSION, {record['verdict']} in {record['takes']} takes"
    return str(record["verdict"])


_COMPARED = (
    "workload", "step", "data", "size", "dtype", "device", "threads", "baseline_s", "candidate_s", "ratio",
    "low", "high", "floor", "verdict", "takes", "regression",
)  # fmt: skip


def comparison_csv(records: Sequence[Record]) -> str:
    """One line a compared point."""
    return csv_table(_COMPARED, [[record[name] for name in _COMPARED] for record in _compared(records)])


def comparison_markdown(records: Sequence[Record]) -> str:
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
            called(record),
            record["device"],
            record["dtype"],
            f"{record['size']:,}",
            "-" if record["threads"] is None else str(record["threads"]),
            duration(record["baseline_s"]),
            duration(record["candidate_s"]),
            f"{record['ratio']:.3f} ({record['low']:.3f} to {record['high']:.3f})",
            f"{record['floor']:.1%}",
            _verdict(record),
        )
        for record in _compared(records)
    ]
    others = [f"- {comparison_line(record)}" for record in records if record["event"] == "point_not_compared"]
    said = "\n".join(f"- {sentence}" for sentence in verdicts(records))
    parts = ["# Comparison", said, markdown_table(columns, rows) if rows else "", "\n".join(others)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _compared(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record["event"] == "point_compared"]


_COLUMNS = (
    "Workload", "Device", "Format", "Size", "Threads", "Median", "95% CI", "First call", "Cold", "GFLOP/s",
    "GB/s", "FLOP/B", "Limit", "Ran in", "Energy", "Noise", "Notes",
)  # fmt: skip


def to_markdown(records: Sequence[Record]) -> str:
    """A whole result as a Markdown page: the machine, what to know, every figure, what is missing and why."""
    environment = environment_of(records)
    parts = ["# Timing report", environment_line(environment) if environment else ""]
    said = conclusions(records)
    parts.append("\n".join(f"- {sentence}" for sentence in said))
    if taken := measurements(records):
        parts.append(markdown_table(_COLUMNS, map(_cells, taken)))
    others = [line for record in records if (line := other_line(record))]
    parts.append("\n".join(f"- {line}" for line in dict.fromkeys(others)))
    return "\n\n".join(part for part in parts if part) + "\n"


def _cells(record: Record) -> list[str]:
    noise = record["noise_unpaired"]
    return [
        called(record),
        record["device"],
        record["dtype"],
        f"{record['size']:,}",
        "-" if record["threads"] is None else str(record["threads"]),
        duration(record["median_s"]),
        interval_share(record),
        duration(record["first_call_s"]),
        duration(record["cold_median_s"]) if record["cold_median_s"] else record["cold_reason"] or "-",
        figure(record["gflops"] or None),
        figure(record["gbps"]),
        figure(record["arithmetic_intensity"]),
        record["limit"] or "-",
        record["precision"] or record["precision_reason"] or "-",
        energy_told(record),
        "-" if noise is None else f"{noise:.1%}",
        "; ".join([record["stopped_by"], *record["disturbed"]]),
    ]


def energy_told(record: Record) -> str:
    """Joules of one operation and GFLOP a joule, or why there are none."""
    if record["joules"] is None:
        return str(record["energy_reason"] or "-")
    rate = record["gflop_per_joule"]
    return f"{record['joules']:.3g} J" + (f", {rate:.3g} GFLOP/J" if rate else "")


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; a bar inside a cell is escaped."""
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |" for cells in rows]
    return "\n".join(lines)


def csv_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The same as comma-separated values."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


FIGURES = ResultFormat(HEADER, ("measurement_taken",), line, to_csv, to_markdown, conclusions)
COMPARISONS = ResultFormat(
    COMPARISON_HEADER, ("point_compared",), comparison_line, comparison_csv, comparison_markdown, verdicts
)
