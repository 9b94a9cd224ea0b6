"""What a sweep yields, besides core.events.Progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.devices import Reading

# The version of the records below; core.timing.results.upgrades tells its history and reads the older ones.
SCHEMA = 3

# What bounds an operation.
COMPUTE_BOUND, MEMORY_BOUND, LAUNCH_BOUND = "compute-bound", "memory-bound", "launch-bound"
IN_CACHE, LINK = "in cache", "link"
# Faster than the copy bandwidth allows by this much is no scatter any more: memory was not asked.
FASTER_THAN_MEMORY = 1.2


@dataclass(frozen=True)
class EnvironmentRead:
    """Always first: what the figures that follow were measured on."""

    schema: int
    started_at: str  # UTC, ISO 8601
    environment: Mapping[str, Any]


@dataclass(frozen=True)
class DeviceAbsent:
    """A device that was asked for and is not here, with the reason in words."""

    device: str
    reason: str


@dataclass(frozen=True)
class MeasurementTaken:
    """One point: the median time of one operation, with its 95% confidence interval and every sample.

    A field that is None or empty was not measured or cannot be known here; the *_reason beside it says why.
    Rates are stored, not derived, because a result file is read by other programs too.
    """

    workload: str
    size: int
    dtype: str  # the number format that was asked for; `precision` is the one that ran
    device: str
    threads: int | None  # CPU threads; None where they play no part
    median_s: float  # seconds a call
    ci_low_s: float  # ends of the median's 95% interval
    ci_high_s: float
    samples: int  # how many times_s there are
    gflops: float  # flops / median_s / 1e9
    gflops_low: float  # at the interval's slow end
    gflops_high: float  # at its fast end
    stopped_by: str  # "target" or "time limit"
    repeats: int  # calls in each block
    # The first call of this size, which pays for its set-up, but not for what this process had set up before;
    # on an accelerator until its result is there.
    first_call_s: float
    timer_overhead: float  # fraction of a block that reading the clock takes
    elapsed_s: float  # the operation's own time, warm-up included
    flops: int  # of one call
    bytes_moved: int  # least bytes that one call must move
    times_s: tuple[float, ...]  # each the mean over one block, seconds a call
    step: str = "forward"  # "forward", "backward" or "training"
    data: str = "random"  # what the operands hold
    gbps: float | None = None  # bytes_moved / median_s / 1e9
    arithmetic_intensity: float | None = None  # FLOPs a byte
    limit: str | None = None  # COMPUTE_BOUND, MEMORY_BOUND, LAUNCH_BOUND, IN_CACHE or LINK
    cold_median_s: float | None = None  # of single calls on flushed caches
    cold_interval_s: tuple[float, float] | None = None
    cold_times_s: tuple[float, ...] = ()
    cold_reason: str | None = None
    launch_s: float | None = None  # what a call takes the program itself on a GPU
    launches_hidden: bool | None = None  # whether nine of ten samples or more are free of that
    # What a program waits for an accelerator, whose own time is median_s; None on a CPU, where both are one.
    wall_s: float | None = None  # median of a call among others, launched back to back
    wall_interval_s: tuple[float, float] | None = None
    latency_s: float | None = None  # median of one call until its result is there
    latency_interval_s: tuple[float, float] | None = None
    pcie_generation: int | None = None  # of the link that a transfer crossed, while it did
    pcie_width: int | None = None  # in lanes
    not_believed: str | None = None  # why the rate cannot be right: it exceeds what the device can do
    outliers: Mapping[str, int] = field(default_factory=dict)  # samples outside Tukey's fences, by label
    precision: str | None = None  # the number format that really ran
    relative_error: float | None = None  # against float64
    precision_reason: str | None = None
    joules: float | None = None  # of one call; shown with its interval alone, which older files lack
    joules_interval: tuple[float, float] | None = None  # 95%
    gflop_per_joule: float | None = None
    energy_source: str | None = None
    energy_reason: str | None = None
    noise_paired: float | None = None  # the machine's noise floors when this was measured; 0.02 is 2%
    noise_unpaired: float | None = None
    conditions: Mapping[str, Any] | None = None  # what else ran meanwhile, as measure.conditions.Conditions
    contamination: tuple[str, ...] = ()  # what else ran and falsified the figure, in words
    retaken: int = 0  # how often it was measured again for that


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
    """How far an operation differs from itself on this device, as relative differences (0.02 is 2%)."""

    device: str
    threads: int | None
    paired: float  # between operations that run in turns
    unpaired: float  # between figures of different moments
    median_s: float  # of the operation that was used
    rounds: int  # how often it was set against itself
    elapsed_s: float
    contamination: tuple[str, ...] = ()  # what else ran; then these are larger than the machine's own


@dataclass(frozen=True)
class RoofMeasured:
    """What a device reaches at most; None where it cannot do it."""

    device: str
    threads: int | None
    gflops: Mapping[str, float]  # of a matrix product, by number format
    gbps: float | None  # of a copy, reads and writes both counted
    launch_s: float | None  # seconds of a call that does next to nothing


@dataclass(frozen=True)
class PointsSkipped:
    """Points that were not measured because the time for all of them was used up."""

    points: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class PointCompared:
    """One point of a candidate against the same point of a baseline."""

    workload: str
    step: str
    data: str
    size: int
    dtype: str
    device: str
    threads: int | None
    baseline_s: float
    candidate_s: float
    ratio: float  # candidate over baseline: 1.05 is 5% slower
    low: float  # the ratio's interval
    high: float
    floor: float  # the least relative difference that is called one here
    verdict: str  # FASTER, SLOWER, SAME or UNSURE
    takes: int = 1  # how often the candidate was measured
    regression: bool = False  # the gate found every take SLOWER


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
    """A device's readings: those that change quickly are means over the measurement, others right after it.

    What is shorter than a sensor's window is left out, with the reason. Files of earlier versions hold one
    reading after the measurement, and no `samples`.
    """

    device: str
    at_s: float  # seconds since the sweep began
    during: str  # the point that was measured
    readings: Mapping[str, Reading]
    highest: Mapping[str, float] = field(default_factory=dict)  # of those that are means, by name
    samples: int = 0  # how often the device was read while it was measured


@dataclass(frozen=True)
class SweepFinished:
    """The last event: how many points were measured, and how long all took."""

    measurements: int
    elapsed_s: float
