"""What a search for roofs yields, besides core.events.Progress and the events of a sweep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PeakFound:
    """The best product of one number format, (rows, inner) times (inner, columns)."""

    device: str
    threads: int | None
    dtype: str
    gflops: float  # GFLOP/s; GOP/s for int8
    rows: int
    inner: int
    columns: int
    tried: int  # how many shapes were measured
    elapsed_s: float
    fma_share: float | None = None  # fraction of the cores' FMA peak that float32 reached on a CPU
    explanation: str | None = None  # why that is below 85%, in words
    vendor_gflops: float | None = None  # what the vendor promises; None where that is not known
    vendor_source: str | None = None
    # What float8 reaches with sums that are not kept in float32 throughout, which the vendor's figure is for.
    fast_accumulation_gflops: float | None = None
    ended_early: str | None = None  # why the search ended before it was through; the best so far counts
    not_believed: str | None = None  # why the rate cannot be right: it exceeds what the device can do


@dataclass(frozen=True)
class FormatAbsent:
    """A number format that a device could not multiply, with the reason in words."""

    device: str
    dtype: str
    reason: str


@dataclass(frozen=True)
class FmaMeasured:
    """GFLOP/s that the cores of the CPU can multiply and add in float32 on so many threads; or why not."""

    threads: int
    gflops: float | None
    instructions: str | None  # "AVX2" or "AVX512"
    reason: str | None
    highest_clock_gflops: float | None = None  # what they would reach at their highest clock


@dataclass(frozen=True)
class BandwidthFound:
    """GB/s of a copy in a device's memory, reads and writes both counted; None with the reason."""

    device: str
    threads: int | None
    gbps: float | None
    copied_bytes: int
    vendor_gbps: float | None = None
    vendor_source: str | None = None
    reason: str | None = None
    not_believed: str | None = None  # why the rate cannot be right: it exceeds what the memory can do


@dataclass(frozen=True)
class RooflinePoint:
    """One measurement under the roof of its device; None where the roof does not tell."""

    workload: str
    step: str
    data: str
    dtype: str
    device: str
    threads: int | None
    size: int
    intensity: float  # FLOPs a byte
    gflops: float
    gbps: float
    attainable_gflops: float | None  # the format's peak, or what the bandwidth allows, whichever is lower
    percent_of_peak: float | None  # of the measured one
    percent_of_bandwidth: float | None  # of the measured one; above 100 a cache served
    percent_of_vendor: float | None  # of the vendor's peak
    limit: str | None  # COMPUTE_BOUND, MEMORY_BOUND, LAUNCH_BOUND, IN_CACHE or LINK
