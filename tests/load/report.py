"""What a load test has found, against what is promised."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

SLIDER_MS, AGE_S, CORES, GROWTH = 250.0, 1.5, 1.0, 0.05
FEW = 20  # figures of which a percentile says nothing
LONG_S = 60.0  # from then on memory that grows is not what is read for the first time


@dataclass(frozen=True)
class Timing:
    """One thing that one user did: when, how long it took, and what went wrong, if anything."""

    at: float
    kind: str
    what: str
    ms: float
    error: str = ""


@dataclass(frozen=True)
class Sample:
    """The server's process at one moment: CPU seconds so far, and resident bytes."""

    at: float
    cpu_s: float
    memory: int


@dataclass
class Found:
    """All of a test; what was timed before `steady_at` belongs to the opening of so many pages at once."""

    steady_at: float
    sessions: int
    timings: list[Timing] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    ages_s: list[tuple[float, float]] = field(default_factory=list)

    @property
    def errors(self) -> list[Timing]:
        """Everything that went wrong, also while pages were opened."""
        return [timing for timing in self.timings if timing.error]

    def times_ms(self, kind: str, what: str) -> list[float]:
        """How long this took each time."""
        every = [one for one in self.timings if (one.kind, one.what) == (kind, what) and not one.error]
        if what == "visit":
            return [one.ms for one in every]
        return [one.ms for one in every if one.at >= self.steady_at]

    def steady_samples(self) -> list[Sample]:
        """Without the opening."""
        return [sample for sample in self.samples if sample.at >= self.steady_at]

    def cores(self) -> float:
        """Of the server's process, on average."""
        first, last = (self.steady_samples()[n] for n in (0, -1))
        return (last.cpu_s - first.cpu_s) / max(last.at - first.at, 1e-9)

    def growth(self) -> float:
        """Of the server's memory in the second half, as a fraction; medians, since it breathes."""
        samples = self.steady_samples()
        half = samples[len(samples) // 2 :]
        tenth = max(1, len(half) // 5)
        first, last = (
            sorted(sample.memory for sample in part)[len(part) // 2] for part in (half[:tenth], half[-tenth:])
        )
        return last / first - 1

    def frame_ages_s(self) -> list[float]:
        """From when a frame was there to when a watcher had it."""
        return [age for at, age in self.ages_s if at >= self.steady_at]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so many are not above; NaN of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def table(found: Found) -> str:
    """Everything as text."""
    lines = [f"{'who':<9}{'what':<9}{'times':>7}{'errors':>8}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}"]
    for kind, what in sorted({(one.kind, one.what) for one in found.timings}):
        times = found.times_ms(kind, what)
        errors = sum((one.kind, one.what) == (kind, what) for one in found.errors)
        spread = "".join(f"{percentile(times, share):9.0f}" for share in (0.5, 0.95, 1.0))
        lines.append(f"{kind:<9}{what:<9}{len(times):7}{errors:8}{spread}")
    ages = found.frame_ages_s()
    if ages:
        spread = ", ".join(
            f"{name} {percentile(ages, share):.2f} s"
            for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1))
        )
        lines.append(f"frames' age at watchers: {spread} ({len(ages):,} frames)")
    samples = found.steady_samples()
    quarters = [samples[min(len(samples) - 1, n * len(samples) // 4)].memory / 2**20 for n in range(5)]
    each_ms = 1000 * found.cores() / found.sessions
    lines.append(f"server: {found.cores():.2f} cores, {each_ms:.1f} ms of CPU a session each second")
    lines.append(
        f"memory at each quarter: {', '.join(f'{mib:.0f}' for mib in quarters)} MiB; "
        f"{found.growth():+.1%} in the second half"
    )
    return "\n".join(lines)


def broken(found: Found) -> list[str]:
    """The promises that were not kept, in words."""
    said = []
    if found.errors:
        first = found.errors[0]
        said.append(f"{len(found.errors)} errors, the first of a {first.kind}: {first.error}")
    slider = found.times_ms("slider", "move")
    if len(slider) >= FEW and percentile(slider, 0.95) > SLIDER_MS:
        said.append(f"a slider took {percentile(slider, 0.95):.0f} ms (p95); promised are {SLIDER_MS:.0f} ms")
    ages = found.frame_ages_s()
    if len(ages) >= FEW and percentile(ages, 0.95) > AGE_S:
        said.append(f"frames were {percentile(ages, 0.95):.2f} s old (p95); promised are {AGE_S} s")
    if found.cores() > CORES:
        said.append(f"the server took {found.cores():.2f} cores; promised is {CORES:.0f}")
    samples = found.steady_samples()
    if samples[-1].at - samples[0].at >= LONG_S and found.growth() > GROWTH:
        said.append(f"its memory grew by {found.growth():.1%} in the second half; promised are {GROWTH:.0%}")
    return said
