"""What comparisons of an operation with itself yield, besides core.events.Progress and those of a sweep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SelfCompared:
    """One comparison of an operation with itself; FASTER or SLOWER is a false verdict."""

    number: int  # from 1
    device: str
    threads: int | None
    ratio: float
    low: float  # the ratio's 99% interval
    high: float
    floor: float  # the least relative difference that is called one here
    verdict: str
    elapsed_s: float


@dataclass(frozen=True)
class SelfComparisonsCounted:
    """All of them, last."""

    device: str
    threads: int | None
    comparisons: int
    false_verdicts: int
    unsure: int
    # The share of false verdicts is below this with 95% confidence (Clopper & Pearson 1934, one-sided).
    false_share_below: float
    contamination: tuple[str, ...] = ()  # what else ran meanwhile
