"""What a sweep yields, besides core.events.Progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.devices import Reading

# Grows by one with every change that a reader of old results must know of.
#   1: the first form.
SCHEMA = 1


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


@dataclass(frozen=True)
class MeasurementFailed:
    """A point that this device cannot do, in torch's words: a format it lacks, memory that ran out."""

    workload: str
    size: int
    dtype: str
    device: str
    threads: int | None
    reason: str


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
