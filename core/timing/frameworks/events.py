"""What a comparison of frameworks yields, besides Progress, EnvironmentRead and Concluded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FrameworkAbsent:
    """A framework that is not here or did not start, with the reason and what a person can do."""

    framework: str  # a key of LIBRARIES
    title: str
    reason: str
    install: str


@dataclass(frozen=True)
class FrameworkStarted:
    """The process of one framework, ready for work."""

    framework: str  # a key of ENTRIES
    title: str
    versions: Mapping[str, str]  # of what is installed, by name
    python: str
    import_s: float  # after NumPy's
    memory_bytes: int | None  # once imported
    threads: int
    cpus: tuple[int, ...]  # that it is kept to; empty where this system lets nobody choose
    variables: Mapping[str, str]  # that set its threads, precision and device
    compiled_before: bool  # whether an earlier run left compiled code that it may use


@dataclass(frozen=True)
class WorkMeasured:
    """One piece of work in one framework, with its 95% interval and every sample."""

    framework: str  # a key of ENTRIES
    title: str
    work: str  # a key of WORKS
    size: str  # in words
    dtype: str
    threads: int
    first_call_s: float  # with what compiling takes
    median_s: float  # seconds a call, until its result is there
    ci_low_s: float
    ci_high_s: float
    samples: int
    times_s: tuple[float, ...]
    stopped_by: str
    repeats: int
    flops: int
    gflops: float
    relative_error: float  # against float64, the largest of its arrays'
    tolerance: float  # what it may be
    agrees: bool
    precision: str | None  # the number format that ran, of a product; None where it is not known
    losses: tuple[float, ...]  # of the first steps of a training
    conditions: Mapping[str, Any] | None = None
    contamination: tuple[str, ...] = ()  # what else ran and falsified the figure, in words


@dataclass(frozen=True)
class WorkFailed:
    """A piece of work that a framework could not do, in its words."""

    framework: str
    title: str
    work: str
    reason: str


@dataclass(frozen=True)
class FloorMeasured:
    """How far two processes of the baseline differ in one piece of work: no less is called a difference."""

    framework: str
    work: str
    paired: float  # relative; 0.02 is 2%
    unpaired: float
    rounds: int


@dataclass(frozen=True)
class WorkCompared:
    """One piece of work in one framework against the same in the baseline, in turns."""

    framework: str
    title: str
    work: str
    baseline: str
    ratio: float  # its time over the baseline's: 0.5 is half the time
    low: float  # the 99% interval
    high: float
    floor: float  # the least relative difference that is called one here
    verdict: str  # FASTER, SLOWER, SAME or UNSURE
    rounds: int
    contamination: tuple[str, ...] = ()


@dataclass(frozen=True)
class FrameworkFinished:
    """The end of a framework's process."""

    framework: str
    peak_bytes: int | None  # the most memory that it had


@dataclass(frozen=True)
class FrameworksFinished:
    """The last event."""

    measurements: int
    elapsed_s: float
