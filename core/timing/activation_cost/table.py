"""What activation functions cost, as rows for a table, a chart or a file. Records in, rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.activations import ACTIVATIONS
from core.tables import csv_of_records
from core.timing.activation_cost.events import FUSED, UNFUSED
from core.timing.results.table import Record, measurements
from core.timing.roofline.points import roofline_points

# Of a FusedCompared, in the table.
_FUSED = {
    "times_as_fast": "fused_times_as_fast",
    "low": "at_least",
    "high": "at_most",
    "verdict": "verdict",
}


def cost_rows(records: Sequence[Record]) -> list[dict[str, Any]]:
    """One row for each function and step that was measured, in that order; None for what is not known (yet).

    times_as_long is over the fastest of the step; saved_bytes are those an element. percent_of_bandwidth is
    of the measured copy bandwidth: above 100 the operands came from a cache.
    """
    under = {(point.workload, point.step): point for point in roofline_points(records)}
    saved = {(r["activation"], r["form"]): _all_bytes(r) for r in records if r["event"] == "memory_saved"}
    fused = {(r["activation"], r["step"]): r for r in records if r["event"] == "fused_compared"}
    ranks = {
        (rank["activation"], record["step"]): rank
        for record in records
        if record["event"] == "cost_ranked"
        for rank in record["places"]
    }
    return [
        {
            "activation": key,
            "name": _name(key),
            **{name: taken[name] for name in ("step", "size", "dtype", "device", "threads")},
            **{name: taken[name] for name in ("median_s", "ci_low_s", "ci_high_s", "gbps")},
            "percent_of_bandwidth": under[taken["workload"], taken["step"]].percent_of_bandwidth,
            "limit": under[taken["workload"], taken["step"]].limit,
            **{name: ranks.get((key, taken["step"]), {}).get(name) for name in ("times_as_long", "tied")},
            "saved_bytes": saved.get((key, FUSED)),
            "unfused_saved_bytes": saved.get((key, UNFUSED)),
            **{column: fused.get((key, taken["step"]), {}).get(field) for field, column in _FUSED.items()},
            "contamination": "; ".join(taken["contamination"]),
        }
        for key, taken in _activations(records)
    ]


def cost_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows of cost_rows() as CSV."""
    return csv_of_records(rows)


def fastest(records: Sequence[Record], step: str) -> list[str]:
    """Names of the fastest function of a step and of all that tie with it; empty before the end."""
    ranking = next((r for r in records if r["event"] == "cost_ranked" and r["step"] == step), None)
    ranks = ranking["places"] if ranking else []
    return [_name(rank["activation"]) for rank in ranks if rank["tied"]]


def _activations(records: Sequence[Record]) -> list[tuple[str, Record]]:
    prefix = "activation_"
    return [
        (record["workload"].removeprefix(prefix), record)
        for record in measurements(records)
        if record["workload"].startswith(prefix)
    ]


def _name(key: str) -> str:
    return ACTIVATIONS[key].name if key in ACTIVATIONS else key


def _all_bytes(record: Record) -> float:
    return sum(record[f"{part}_bytes"] for part in ("input", "result", "other"))
