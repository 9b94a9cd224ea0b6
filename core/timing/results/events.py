"""What a sweep yields, besides core.events.Progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.devices import Reading

# The version of the records below; core.timing.results.files tells its history and reads the older ones.
SCHEMA = 2

# What bounds an operation.
COMPUTE_BOUND, MEMORY_BOUND, LAUNCH_BOUND = "compute-bound", "memory-bound", "launch-bound"
IN_CACHE = "in cache"
# Faster than the copy bandwidth allows by this much is no scatter any more: memory was not asked.
FASTER_THAN_MEMORY = 1.2


@dataclass(frozen=True)
class EnvironmentRead:
    """Always first: what the figures that follow were measured on. started_at is UTC, ISO 8601."""

    schema: int
    started_at: str
    environment: Mapping[str, Any]


@dataclass(frozen=True)
class DeviceAbsent:
    """A device that was asked for and is not here, with the reason in words."""

    device: str
    reason: str


@dataclass(frozen=True)
class MeasurementTaken:
    """One point: the median time of one operation, with its 95% confidence interval and every sample.

    Each of times_s is the mean over one block of `repeats` calls, in seconds a call; samples counts them.
    gflops is flops / median_s / 1e9, gflops_low and gflops_high belong to the interval's slow and fast ends.
    threads is None where CPU threads play no part. stopped_by is "target" or "time limit". first_call_s is
    the very first call, which pays for all set-up; timer_overhead is the part of a block that reading the
    clock takes.

    What follows times_s is None (or empty) where it was not looked for or cannot be known here; then the
    *_reason beside it says why. gbps counts the least bytes that must move. arithmetic_intensity is
    FLOPs a byte. limit is what bounds the operation: "compute-bound", "memory-bound", "launch-bound", or
    "in cache" where its operands never leave one. cold_* are single calls on flushed caches. launch_s is
    what a call takes the program itself on a GPU, and launches_hidden tells whether the samples are free of
    it. outliers counts the samples outside Tukey's fences by label. precision is the number format that
    really ran, and relative_error its error against float64. joules are those of one operation. noise_paired
    and noise_unpaired are the machine's floors when this was measured (0.02 is 2%). conditions are what else
    went on, and disturbed says in words what spoilt the figure; retaken counts how often it was measured
    again for that.
    """

    workload: str
    size: int
    dtype: str
    device: str
    threads: int | None
    median_s: float
    ci_low_s: float
    ci_high_s: float
    samples: int
    gflops: float
    gflops_low: float
    gflops_high: float
    stopped_by: str
    repeats: int
    first_call_s: float
    timer_overhead: float
    elapsed_s: float
    flops: int
    bytes_moved: int
    times_s: tuple[float, ...]
    step: str = "forward"
    data: str = "random"
    gbps: float | None = None
    arithmetic_intensity: float | None = None
    limit: str | None = None
    cold_median_s: float | None = None
    cold_interval_s: tuple[float, float] | None = None
    cold_times_s: tuple[float, ...] = ()
    cold_reason: str | None = None
    launch_s: float | None = None
    launches_hidden: bool | None = None
    outliers: Mapping[str, int] = field(default_factory=dict)
    precision: str | None = None
    relative_error: float | None = None
    precision_reason: str | None = None
    joules: float | None = None
    gflop_per_joule: float | None = None
    energy_source: str | None = None
    energy_reason: str | None = None
    noise_paired: float | None = None
    noise_unpaired: float | None = None
    conditions: Mapping[str, Any] | None = None
    disturbed: tuple[str, ...] = ()
    retaken: int = 0


@dataclass(frozen=True)
class MeasurementFailed:
    """A point that this device cannot do, in torch's words: a format it lacks, memory that ran out."""

    workload: str
    size: int
    dtype: str
    device: str
    threads: int | None
    reason: str
    step: str = "forward"
    data: str = "random"


@dataclass(frozen=True)
class NoiseMeasured:
    """How far an operation differs from itself on this device, as relative differences (0.02 is 2%).

    paired holds for operations that run in turns, unpaired for figures taken at different moments. median_s
    is the time of the operation that was used, rounds how often it was set against itself. disturbed says in
    words what else went on: then the floors are those of that moment, and larger than the machine's own.
    """

    device: str
    threads: int | None
    paired: float
    unpaired: float
    median_s: float
    rounds: int
    elapsed_s: float
    disturbed: tuple[str, ...] = ()


@dataclass(frozen=True)
class RoofMeasured:
    """What a device reached in a short look: GFLOP/s by number format, GB/s of a copy, seconds of a call
    that does next to nothing. None where the device cannot do it. A full search is the roofline command's.
    """

    device: str
    threads: int | None
    gflops: Mapping[str, float]
    gbps: float | None
    launch_s: float | None


@dataclass(frozen=True)
class PointsSkipped:
    """Points that were not measured because the time for all of them was used up."""

    points: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class PointCompared:
    """One point of a candidate against the same point of a baseline.

    ratio is candidate over baseline: 1.05 is 5% slower; low and high bound it. floor is the least relative
    difference that is called one here. verdict: FASTER, SLOWER, SAME or UNSURE. takes counts how often the
    candidate was measured; regression is True when the gate found every take SLOWER.
    """

    workload: str
    step: str
    data: str
    size: int
    dtype: str
    device: str
    threads: int | None
    baseline_s: float
    candidate_s: float
    ratio: float
    low: float
    high: float
    floor: float
    verdict: str
    takes: int = 1
    regression: bool = False


@dataclass(frozen=True)
class PointNotCompared:
    """A point that only one of two results has, or that cannot be measured here, with the reason."""

    workload: str
    step: str
    data: str
    size: int
    dtype: str
    device: str
    threads: int | None
    reason: str


@dataclass(frozen=True)
class Concluded:
    """What all the figures say, in sentences; last."""

    sentences: tuple[str, ...]


@dataclass(frozen=True)
class DeviceSampled:
    """A device's readings right after a measurement; at_s is seconds since the sweep began.

    The CPU's utilisation is that over the measurement.
    """

    device: str
    at_s: float
    during: str
    readings: Mapping[str, Reading]


@dataclass(frozen=True)
class SweepFinished:
    """The last event: how many points were measured, and how long all took."""

    measurements: int
    elapsed_s: float
