"""A comparison of frameworks as text: lines, a Markdown page, concluding sentences. Records in, text out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.tables import markdown_table
from core.timing.frameworks.gone import GONE
from core.timing.frameworks.registry import title_of
from core.timing.frameworks.table import (
    baseline_of,
    baseline_title,
    by_work,
    figures,
    frameworks,
    of,
    to_csv,
    work_title,
)
from core.timing.results.labels import environment_line
from core.timing.results.report import ResultFormat
from core.timing.results.table import Record, environment_of
from core.timing.results.units import counted, duration, figure, half_width_percent, in_bytes

FASTER, SLOWER, SAME, UNSURE = "FASTER", "SLOWER", "SAME", "UNSURE"

HEADER = (
    f"{'framework':<22} {'work':<19} {'median':>9} {'95% CI':>7} {'first call':>10} {'GFLOP/s':>8} "
    f"{'error':>8}  notes"
)


def line(record: Record) -> str | None:
    """One record in one line; None when it has nothing to say."""
    text = _LINES.get(record["event"])
    return text(record) if text else None


def _environment(record: Record) -> str:
    return environment_line(record["environment"])


def _absent(record: Record) -> str:
    return f"{record['title']} is left out: {record['reason']}. To have it: {record['install']}"


def _started(record: Record) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    return (
        f"{record['title']}: {versions}; imported in {duration(record['import_s'])}, "
        f"{_memory(record['memory_bytes'])}; {budget(record)}"
    )


def budget(started: Record) -> str:
    """The threads of a framework's process, and what it is kept to."""
    cpus = ", ".join(map(str, started["cpus"]))
    kept = f"processor {cpus} alone" if cpus else "any processor, since this system lets nobody choose"
    return f"{counted(started['threads'], 'thread')}, {kept}"


def _row(record: Record) -> str:
    return (
        f"{record['title']:<22} {work_title(record['work']):<19} {duration(record['median_s']):>9} "
        f"{f'±{half_width_percent(record):.1f}%':>7} {duration(record['first_call_s']):>10} "
        f"{figure(record['gflops']):>8} {record['relative_error']:>8.1e}  {'; '.join(_notes(record))}"
    ).rstrip()


def _notes(record: Record) -> Iterator[str]:
    if not record["agrees"]:
        yield f"! does not agree with NumPy (more than {record['tolerance']:.0e})"
    if record["precision"]:
        yield f"ran {record['precision']}"
    yield from (f"! {text}" for text in record["contamination"])


def _failed(record: Record) -> str:
    return f"{record['title']} could not do the {work_title(record['work'])}: {record['reason']}"


def _floor(record: Record) -> str:
    return (
        f"{work_title(record['work'])}: two processes of {title_of(record['framework'])} differ by up to "
        f"{record['paired']:.1%}; no less is called a difference."
    )


def _compared(record: Record) -> str:
    return f"{'':<22} {verdict_text(record)} of {title_of(record['baseline'])}"


def verdict_text(record: Mapping[str, Any]) -> str:
    """ "SLOWER: 1.48 times the time (1.30 to 1.65)"."""
    between = f"{record['low']:.3g} to {record['high']:.3g}"
    return f"{record['verdict']}: {record['ratio']:.3g} times the time ({between})"


def _finished(record: Record) -> str:
    return f"{title_of(record['framework'])} took {_memory(record['peak_bytes'])} of memory at most."


def _memory(count: int | None) -> str:
    return "memory not reported" if count is None else in_bytes(count)


_LINES = {
    "environment_read": _environment,
    "framework_absent": _absent,
    "framework_started": _started,
    "work_measured": _row,
    "work_failed": _failed,
    "floor_measured": _floor,
    "work_compared": _compared,
    "framework_finished": _finished,
    "concluded": lambda record: "\n" + "\n".join(record["sentences"]),
}


def conclusions(records: Sequence[Record]) -> list[str]:
    """What all the figures say, most important first."""
    rows = figures(records)
    if not rows:
        return ["Nothing was measured."]
    return [
        *_agreement(rows),
        *(_fastest(work, found, records) for work, found in by_work(rows).items()),
        *_starts(records),
        *_budget(records),
        *_others(rows),
        *_left_out(records),
    ]


def _agreement(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    wrong = [f"{row['title']} in {work_title(row['work'])}" for row in rows if not row["agrees"]]
    if wrong:
        yield f"Not equal to NumPy in float64: {', '.join(wrong)}; no verdict is given there."
    else:
        yield f"All {counted(len(rows), 'result')} are equal to NumPy's in float64 within what float32 loses."


def _fastest(work: str, rows: Sequence[Mapping[str, Any]], records: Sequence[Record]) -> str:
    """Who is faster, equal and slower than the baseline, with the sure verdicts alone."""
    baseline = baseline_of(records)
    said = []
    for verdict, words in ((FASTER, "faster"), (SAME, "the same"), (SLOWER, "slower"), (UNSURE, "unsure")):
        found = [row for row in rows if row["verdict"] == verdict]
        with_ratios = [
            f"{row['title']} {row['ratio']:.2g} times" if verdict in (FASTER, SLOWER) else row["title"]
            for row in sorted(found, key=lambda row: float(row["ratio"]))
        ]
        said += [f"{words}: {', '.join(with_ratios)}"] if found else []
    time = next((duration(row["median_s"]) for row in rows if row["framework"] == baseline), "no figure")
    against = f"{title_of(baseline or '')} takes {time}"
    return f"{work_title(work)}: {against}; {'; '.join(said) or 'nothing was held against it'}."


def _starts(records: Sequence[Record]) -> Iterator[str]:
    """What it takes until the first results are there."""
    rows = sorted(frameworks(records), key=lambda row: float(row["import_s"] + row["first_calls_s"]))
    if len(rows) > 1:
        first, last = rows[0], rows[-1]
        yield (
            f"From start to the last first result {first['title']} needs "
            f"{duration(first['import_s'] + first['first_calls_s'])}, {last['title']} "
            f"{duration(last['import_s'] + last['first_calls_s'])}"
            f"{' (with code that an earlier run had compiled)' if last['compiled_before'] else ''}."
        )


def _budget(records: Sequence[Record]) -> Iterator[str]:
    for started in of(records, "framework_started")[:1]:
        yield f"Each process had {budget(started)}, and no GPU."


def _others(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    disturbed = [row for row in rows if row["contamination"]]
    if disturbed:
        yield (
            f"Other programs disturbed {len(disturbed)} of {counted(len(rows), 'figure')}: measure again "
            "on a quiet machine before you rely on them."
        )


def _left_out(records: Sequence[Record]) -> Iterator[str]:
    absent = [record["title"] for record in of(records, "framework_absent")]
    if absent:
        yield f"Not here: {', '.join(absent)}."


def to_markdown(records: Sequence[Record]) -> str:
    """The whole comparison as a Markdown page."""
    environment = environment_of(records)
    parts = ["# Frameworks", environment_line(environment) if environment else ""]
    parts.append("\n".join(f"- {sentence}" for sentence in conclusions(records)))
    against = f"Against {baseline_title(records)}"
    for work, rows in by_work(figures(records)).items():
        size = f"## {work_title(work)}: {rows[0]['size']}, {rows[0]['dtype']}"
        columns = ("Framework", "Median", "95% CI", "First call", "GFLOP/s", "Error", against)
        parts += [size, markdown_table(columns, map(_cells, rows))]
    parts.append("## Frameworks and versions")
    heads = ("Framework", "Versions", "Import", "Memory at most", "Threads", "Compiled before")
    parts.append(markdown_table(heads, map(_framework_cells, frameworks(records))))
    notes = [text for record in records if record["event"] in _REMARKS and (text := line(record))]
    parts.append("\n".join(f"- {text}" for text in notes))
    parts.append("## No longer developed")
    parts.append("\n".join(f"- {gone.name} ({gone.years}): {gone.became}" for gone in GONE.values()))
    return "\n\n".join(part for part in parts if part) + "\n"


_REMARKS = ("framework_absent", "work_failed", "floor_measured")


def _cells(row: Mapping[str, Any]) -> list[str]:
    return [
        row["title"],
        duration(row["median_s"]),
        f"±{half_width_percent(row):.1f}%",
        duration(row["first_call_s"]),
        figure(row["gflops"]),
        f"{row['relative_error']:.1e}" + ("" if row["agrees"] else " (does not agree)"),
        verdict_text(row) if row["verdict"] else "-",
    ]


def _framework_cells(row: Mapping[str, Any]) -> list[str]:
    return [
        row["title"],
        row["versions"],
        duration(row["import_s"]),
        _memory(row["peak_bytes"]),
        str(row["threads"]) + (f" on {row['cpus']}" if row["cpus"] else ""),
        "yes" if row["compiled_before"] else "no",
    ]


FRAMEWORKS = ResultFormat(HEADER, ("work_measured",), line, to_csv, to_markdown, conclusions)
