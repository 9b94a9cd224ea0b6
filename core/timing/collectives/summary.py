"""What measured collective operations say, in sentences. Records in."""

from __future__ import annotations

from collections.abc import Sequence

from core.timing.results.table import Record
from core.timing.results.units import duration, figure, in_bytes


def sentences(records: Sequence[Record]) -> list[str]:
    """For each operation its latency, that of the smallest message, and its best bus bandwidth."""
    by_operation: dict[str, list[Record]] = {}
    for record in records:
        if record["event"] == "collective_measured":
            by_operation.setdefault(record["operation"], []).append(record)
    found = []
    for operation, of in by_operation.items():
        smallest = min(of, key=lambda one: one["size_bytes"])
        best = max(of, key=lambda one: one["bus_gbps"])
        found.append(
            f"{operation}: {duration(smallest['median_s'])} for {in_bytes(smallest['size_bytes'])}, at most "
            f"{figure(best['bus_gbps'])} GB/s over each link, with {in_bytes(best['size_bytes'])}."
        )
    return found
