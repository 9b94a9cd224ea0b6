"""What a study of activation functions' cost yields, besides the events of its roof and its sweeps."""

from __future__ import annotations

from dataclasses import dataclass

# How a function is computed: by torch's one call, or by its formula, one operation after another.
FUSED, UNFUSED = "fused", "unfused"


@dataclass(frozen=True)
class FusedCompared:
    """torch's fused call of a function against its unfused formula, measured in turns."""

    activation: str
    step: str
    size: int
    dtype: str
    device: str
    threads: int | None
    times_as_fast: float  # the formula's time over the fused call's
    low: float  # its 99% interval
    high: float
    floor: float  # the least relative difference that is called one
    verdict: str  # of the fused call: FASTER, SLOWER, SAME or UNSURE
    elapsed_s: float


@dataclass(frozen=True)
class MemorySaved:
    """Bytes an element that autograd saves in the forward pass for the backward one.

    Those of the input and of the result are often alive anyway, since the neighbouring layers need them; the
    others are what this function adds.
    """

    activation: str
    form: str  # FUSED or UNFUSED
    dtype: str
    input_bytes: float
    result_bytes: float
    other_bytes: float


@dataclass(frozen=True)
class RankedActivation:
    """A function's place in the ranking by time."""

    activation: str
    median_s: float
    times_as_long: float  # over the fastest
    low: float  # its 99% interval
    high: float
    tied: bool  # no certain difference to the fastest, by the noise of this machine


@dataclass(frozen=True)
class CostRanked:
    """All functions in one step, the fastest first."""

    step: str
    floor: float  # the least relative difference that is called one
    places: tuple[RankedActivation, ...]
