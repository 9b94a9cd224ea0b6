"""How many times faster one series is than a reference, at each size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.timing.results import Record, measurements, series_name


@dataclass(frozen=True)
class Speedup:
    """A ratio of two medians: 2.0 is twice as fast as the reference.

    low and high come from the far ends of both confidence intervals, so they are wider than 95% needs: the
    two were not measured in pairs.
    """

    series: str
    reference: str
    size: int
    ratio: float
    low: float
    high: float


def speedups(records: Sequence[Record]) -> list[Speedup]:
    """Every series against the CPU; on a machine without an accelerator, against the CPU's simplest way.

    With an accelerator: each of its series against the CPU in the same dtype with most threads. Without:
    every series against the CPU in float32 (or the first dtype there is) with fewest threads.
    """
    taken = measurements(records)
    accelerated = [record for record in taken if record["device"] != "cpu"]
    found = []
    for record in accelerated or taken:
        reference = _cpu_like(record, taken) if accelerated else _simplest(record, taken)
        if reference is not None:
            found.append(_against(record, reference))
    return found


def _against(record: Record, reference: Record) -> Speedup:
    return Speedup(
        series=series_name(record),
        reference=series_name(reference),
        size=record["size"],
        ratio=reference["median_s"] / record["median_s"],
        low=reference["ci_low_s"] / record["ci_high_s"],
        high=reference["ci_high_s"] / record["ci_low_s"],
    )


def _cpu_like(record: Record, taken: Sequence[Record]) -> Record | None:
    same = [
        other
        for other in taken
        if other["device"] == "cpu" and (other["size"], other["dtype"]) == (record["size"], record["dtype"])
    ]
    return max(same, key=lambda other: other["threads"], default=None)


def _simplest(record: Record, taken: Sequence[Record]) -> Record | None:
    dtypes = [other["dtype"] for other in taken]
    dtype = "float32" if "float32" in dtypes else dtypes[0]
    threads = min(other["threads"] for other in taken)
    wanted = (record["size"], dtype, threads)
    return next(
        (other for other in taken if (other["size"], other["dtype"], other["threads"]) == wanted), None
    )
