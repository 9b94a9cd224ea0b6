"""What a device could reach at most at each measured point: by its data sheet where that is known, else by
the best product and the best copy that were measured on it. Records in, ceilings out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.timing.results.events import LINK
from core.timing.results.table import Record, believed, series_name
from core.timing.roofline.points import cards
from core.timing.roofline.vendor_peaks import Peak, peak_of

DATA_SHEET, MEASURED = "data sheet", "measured peak"
# A rate from this fraction of its ceiling on is as good as it gets.
GOOD_FRACTION = 0.85


@dataclass(frozen=True)
class Ceiling:
    """Of one point."""

    series: str
    size: int
    gflops: float | None  # None where it only moves data
    gbps: float
    of: str  # DATA_SHEET or MEASURED
    percent: float  # of it that was reached


def ceilings(records: Sequence[Record]) -> list[Ceiling]:
    """One for each measurement whose device has a roof in these records, or a data sheet."""
    roofs = {(one["device"], one["threads"]): one for one in records if one["event"] == "roof_measured"}
    names = cards(records)
    sheets: Mapping[str, Peak | None] = {device: peak_of(name) for device, name in names.items()}
    found = []
    for record in believed(records):
        roof = roofs.get((record["device"], record["threads"]))
        one = _ceiling(record, sheets.get(record["device"]), roof)
        if one is not None:
            found.append(one)
    return found


def _ceiling(record: Record, sheet: Peak | None, roof: Record | None) -> Ceiling | None:
    dtype = record["dtype"]
    if record.get("limit") == LINK:
        return None
    # The data sheet's figure for float8 is for sums that are not kept in float32, as torch keeps them.
    if sheet is not None and dtype in sheet.tflops and dtype != "float8":
        return _of(record, DATA_SHEET, 1e3 * sheet.tflops[dtype], sheet.gbps)
    if roof is not None and roof["gbps"] and roof["gflops"].get(dtype):
        return _of(record, MEASURED, roof["gflops"][dtype], roof["gbps"])
    return None


def _of(record: Record, of: str, peak_gflops: float, peak_gbps: float) -> Ceiling:
    name, size, median_s = series_name(record), record["size"], record["median_s"]
    flops, moved = record["flops"], record["bytes_moved"]
    if not flops:
        return Ceiling(name, size, None, peak_gbps, of, 100 * moved / median_s / 1e9 / peak_gbps)
    least_s = max(flops / peak_gflops, moved / peak_gbps) / 1e9
    return Ceiling(name, size, flops / least_s / 1e9, moved / least_s / 1e9, of, 100 * least_s / median_s)
