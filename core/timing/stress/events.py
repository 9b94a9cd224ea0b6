"""What a stress test yields, besides core.events.Progress, EnvironmentRead and DeviceAbsent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.devices.reading import Reading

# Why a device stopped.
TIME_IS_UP, TOO_HOT, FAILED, ASKED_TO = "time is up", "too hot", "failed", "asked to"


@dataclass(frozen=True)
class StressSampled:
    """A device under load: what it did since the sample before, and what it reports."""

    device: str
    at_s: float  # seconds since the load began
    gflops: float  # GFLOP/s since the sample before
    products: int  # so far
    wrong: int  # elements of all products so far that differ from those of the first
    readings: Mapping[str, Reading]


@dataclass(frozen=True)
class StressEnded:
    """A device at the end of its load."""

    device: str
    rating: str  # GOOD, FAIR or POOR, as a quick check has them
    says: str  # one sentence
    stopped_by: str  # TIME_IS_UP, TOO_HOT, FAILED or ASKED_TO
    seconds: float
    products: int
    wrong: int  # elements of all products that differ from those of the first
    size: int  # N of each N × N by N × N product
    first_gflops: float | None  # median of the first quarter, its first seconds left out
    last_gflops: float | None  # median of the last quarter
    hottest: float | None  # °C; None where it is not reported
    relative_error: float | None = None  # of the first product against float64
