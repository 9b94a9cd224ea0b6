"""What is made of a whole sweep and yielded after it: speed-ups by size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reached:
    """The size at which a curve first reaches a ratio, between two measured ones on logarithmic axes."""

    ratio: float
    size: float | None  # None when it never does, and reason says so
    reason: str | None = None  # beside a size: that it is the smallest one measured


@dataclass(frozen=True)
class SpeedupCurve:
    """A device over the CPU for one workload: ratios by size, small to large, 2.0 for twice as fast."""

    workload: str
    step: str
    data: str
    dtype: str
    device: str
    series: str  # name of the device's series
    reference: str  # name of the CPU's
    sizes: tuple[int, ...]
    # Of what a program waits for a call; of the device's own time in results that have no wall time.
    ratios: tuple[float, ...]
    reached: tuple[Reached, ...]  # where the device overtakes, and is 10 and 40 times as fast
    # The same when operands first come from the host's memory and the result goes back.
    with_transfers: tuple[float, ...] = ()
    reached_with_transfers: tuple[Reached, ...] = ()
    transfer_reason: str | None = None  # why there are none with transfers
    # The CPU's time over the device's own, launches left out; empty where ratios are of that.
    kernel_ratios: tuple[float, ...] = ()
