"""Measurements under the roof of their device. Records in, points out.

Source: Williams, Waterman & Patterson (2009), Roofline: an insightful visual performance model for multicore
architectures, CACM 52(4).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.timing.results.events import COMPUTE_BOUND, FASTER_THAN_MEMORY, IN_CACHE, LINK, MEMORY_BOUND
from core.timing.results.table import Record, environment_of, measurements
from core.timing.roofline.events import RooflinePoint
from core.timing.roofline.vendor_peaks import peak_of


def roofline_points(records: Sequence[Record], roofs: Sequence[Record] | None = None) -> list[RooflinePoint]:
    """Every measurement under the roof of its device and threads.

    roofs are the records that hold RoofMeasured; without them it is read from `records` themselves.
    """
    found = {
        (record["device"], record["threads"]): record
        for record in (records if roofs is None else roofs)
        if record["event"] == "roof_measured"
    }
    names = cards(records)
    return [
        _roofline_point(record, found.get((record["device"], record["threads"])), names.get(record["device"]))
        for record in measurements(records)
    ]


def cards(records: Sequence[Record]) -> dict[str, str]:
    """Names of the GPUs by torch's device. Only where there is one: the system may count them otherwise."""
    gpus: Sequence[Mapping[str, Any]] = environment_of(records).get("gpus") or []
    return {"cuda:0": gpus[0]["name"]} if len(gpus) == 1 else {}


def _roofline_point(record: Record, roof: Record | None, card: str | None) -> RooflinePoint:
    intensity = record["flops"] / record["bytes_moved"]
    gbps = record["bytes_moved"] / record["median_s"] / 1e9
    gflops = record["flops"] / record["median_s"] / 1e9
    peak = roof["gflops"].get(record["dtype"]) if roof else None
    bandwidth = roof["gbps"] if roof else None
    attainable = None
    if peak and bandwidth:
        attainable = min(peak, intensity * bandwidth)
    vendor = peak_of(card) if card else None
    tflops: Mapping[str, float] = vendor.tflops if vendor else {}
    limit = record.get("limit")
    if limit is None and peak and bandwidth:
        limit = COMPUTE_BOUND if intensity * bandwidth >= peak else MEMORY_BOUND
        if limit == MEMORY_BOUND and gbps > FASTER_THAN_MEMORY * bandwidth:
            limit = IN_CACHE
    if limit == LINK:  # it never was the memory's
        bandwidth = None
    # The vendor's figure for float8 is for sums that are not kept in float32 throughout, as torch keeps them.
    promised = math.nan if record["dtype"] == "float8" else 1e3 * tflops.get(record["dtype"], math.nan)
    return RooflinePoint(
        record["workload"],
        record.get("step", "forward"),
        record.get("data", "random"),
        record["dtype"],
        record["device"],
        record["threads"],
        record["size"],
        intensity=intensity,
        gflops=gflops,
        gbps=gbps,
        attainable_gflops=attainable,
        percent_of_peak=_percent(gflops, peak),
        percent_of_bandwidth=_percent(gbps, bandwidth),
        percent_of_vendor=_percent(gflops, promised),
        limit=limit,
    )


def _percent(value: float, whole: float | None) -> float | None:
    return 100 * value / whole if whole and math.isfinite(whole) else None
