"""A comparison of frameworks as rows: one for each piece of work in each framework, and one a framework.

Records in, rows out; records of frameworks that this version does not know are as good as any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.tables import csv_of_records
from core.timing.frameworks.registry import title_of
from core.timing.frameworks.work.catalogue import WORKS
from core.timing.results.table import Record

# Of a WorkMeasured, and of a WorkCompared.
_MEASURED = (
    "framework", "title", "work", "size", "dtype", "threads", "first_call_s", "median_s", "ci_low_s",
    "ci_high_s", "samples", "gflops", "relative_error", "tolerance", "agrees", "precision",
)  # fmt: skip
_COMPARED = ("baseline", "ratio", "low", "high", "floor", "verdict")


def of(records: Sequence[Record], event: str) -> list[Record]:
    """The records of one kind."""
    return [record for record in records if record["event"] == event]


def baseline_of(records: Sequence[Record]) -> str | None:
    """The framework that the others are held against; None where nothing was measured."""
    compared = [*of(records, "work_compared"), *of(records, "floor_measured"), *of(records, "work_measured")]
    return str(compared[0].get("baseline", compared[0]["framework"])) if compared else None


def figures(records: Sequence[Record]) -> list[dict[str, Any]]:
    """One row for each figure, as they came; without a verdict (yet) its columns are None."""
    compared = {(record["framework"], record["work"]): record for record in of(records, "work_compared")}
    return [
        {
            **{name: taken[name] for name in _MEASURED},
            "work_title": work_title(taken["work"]),
            **{name: compared.get((taken["framework"], taken["work"]), {}).get(name) for name in _COMPARED},
            "contamination": "; ".join(
                dict.fromkeys(
                    [
                        *taken["contamination"],
                        *compared.get((taken["framework"], taken["work"]), {}).get("contamination", ()),
                    ]
                )
            ),
        }
        for taken in of(records, "work_measured")
    ]


def frameworks(records: Sequence[Record]) -> list[dict[str, Any]]:
    """One row for each framework that started, as they came."""
    peaks = {record["framework"]: record["peak_bytes"] for record in of(records, "framework_finished")}
    taken = of(records, "work_measured")
    return [
        {
            "framework": started["framework"],
            "title": started["title"],
            "versions": ", ".join(f"{name} {version}" for name, version in started["versions"].items()),
            "import_s": started["import_s"],
            "memory_bytes": started["memory_bytes"],
            "peak_bytes": peaks.get(started["framework"]),
            "threads": started["threads"],
            "cpus": ", ".join(map(str, started["cpus"])),
            "compiled_before": started["compiled_before"],
            "first_calls_s": sum(
                record["first_call_s"] for record in taken if record["framework"] == started["framework"]
            ),
            "python": started["python"],
        }
        for started in of(records, "framework_started")
    ]


def to_csv(records: Sequence[Record]) -> str:
    """One line a figure."""
    rows = figures(records)
    return csv_of_records(rows, [*_MEASURED, *_COMPARED, "contamination"])


def work_title(key: str) -> str:
    """What a person calls a piece of work."""
    return WORKS[key].title if key in WORKS else key


def by_work(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Figures by their work, the fastest first."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: float(row["median_s"])):
        found.setdefault(row["work"], []).append(row)
    order = [*WORKS, *found]
    return dict(sorted(found.items(), key=lambda item: order.index(item[0])))


def baseline_title(records: Sequence[Record]) -> str:
    """What a person calls the baseline; empty where nothing was measured."""
    return title_of(baseline_of(records) or "")
