"""What a whole result says that the charts of one workload need: found once for all charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dashboard.charts.theme  # noqa: F401  charts on pages are not checked against the schema
from core.timing.results.emulation import Format, emulated
from core.timing.results.table import Record, believed, measurements, series_name
from core.timing.roofline.ceilings import Ceiling, ceilings

# More lines than these no eye tells apart.
MAX_SERIES = 16


@dataclass(frozen=True)
class Known:
    """Which formats are emulated, and the records that say what the devices can do."""

    emulated: frozenset[Format]
    devices: tuple[Record, ...]
    shown: frozenset[str] | None = None  # names of the series that charts show; None for all

    def ceilings(self, records: Sequence[Record]) -> list[Ceiling]:
        """What could be reached at each of some measurements."""
        return ceilings([*self.devices, *measurements(records)])


def known_of(records: Sequence[Record], of: Sequence[Record] = ()) -> Known:
    """Of all records of a result. of: those to be drawn, of which the fastest series are shown."""
    about = ("environment_read", "roof_measured")
    return Known(
        frozenset(emulated(records)),
        tuple(record for record in records if record["event"] in about),
        fastest_series(of),
    )


def fastest_series(records: Sequence[Record]) -> frozenset[str] | None:
    """The MAX_SERIES series with the highest rates; None where there are no more."""
    best: dict[str, float] = {}
    for record in believed(records):
        name, rate = series_name(record), record["bytes_moved"] / record["median_s"]
        best[name] = max(best.get(name, 0.0), record["gflops"] or rate)
    if len(best) <= MAX_SERIES:
        return None
    return frozenset(sorted(best, key=best.__getitem__, reverse=True)[:MAX_SERIES])
