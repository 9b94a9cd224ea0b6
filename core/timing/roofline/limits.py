"""What limits an operation: the cores' arithmetic, the memory bus, the launching of its steps, or a link.

Each has a time that it needs at least: FLOPs over the peak of the number format, least bytes over the copy
bandwidth, and kernels times the cost of the smallest call. The longest of the three names the limit.
Source of the first two: Williams, Waterman & Patterson (2009), Roofline, CACM 52(4).

An operation whose operands stay in a cache never waits for the bus. It is called "in cache", unless
arithmetic or launching fills at least half of its time. What crosses the link between the host's memory and a
device's is limited by that.
"""

from __future__ import annotations

import math
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

from core.timing.measure.timers import Operation
from core.timing.results.events import (
    COMPUTE_BOUND,
    FASTER_THAN_MEMORY,
    IN_CACHE,
    LAUNCH_BOUND,
    LINK,
    MEMORY_BOUND,
    MeasurementTaken,
    RoofMeasured,
)
from core.timing.workloads import WORKLOADS

# A call after a flush of the caches that takes this many times as long shows what the cache had saved.
_COLD_COSTS = 1.5
# What explains less of the time than this is not what limits an operation in a cache.
_EXPLAINS = 0.5
# A call that takes the program this fraction of the whole time waits for the device, unless it launches much.
_WAITS = 0.8


class _Counter(TorchDispatchMode):
    """Counts the operators that reach a device's kernels."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nothing is compiled here, and asking for that imports the compiler: seconds

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls += 1
        return function(*args, **(kwargs or {}))


def launches(operation: Operation) -> int:
    """How many operators one call of an operation runs; the call is made."""
    with _Counter() as counter:
        operation()
    return max(1, counter.calls)


def limit(
    taken: MeasurementTaken, calls: int, roof: RoofMeasured, cache_bytes: int | None = None
) -> str | None:
    """The label of a measurement of so many kernels; None where the roof has none of the three.

    cache_bytes: the size of the device's last cache, where it is known.
    """
    if taken.workload in WORKLOADS and WORKLOADS[taken.workload].crosses_link:
        return LINK
    rate = roof.gflops.get(taken.dtype) or max(roof.gflops.values(), default=math.inf)
    least_s = {
        COMPUTE_BOUND: taken.flops / (rate * 1e9),
        MEMORY_BOUND: taken.bytes_moved / ((roof.gbps or math.inf) * 1e9),
        LAUNCH_BOUND: _launching_s(taken, calls * (roof.launch_s or 0.0)),
    }
    longest = max(least_s, key=least_s.__getitem__)
    if longest == MEMORY_BOUND and _stays_in_cache(taken, least_s[MEMORY_BOUND], cache_bytes):
        del least_s[MEMORY_BOUND]
        longest = max(least_s, key=least_s.__getitem__)
        return longest if least_s[longest] >= _EXPLAINS * taken.median_s else IN_CACHE
    return longest if least_s[longest] > 0 else None


def _launching_s(taken: MeasurementTaken, smallest_s: float) -> float:
    """Seconds that launching takes: as many of the smallest calls, or what the program was seen to need.

    That says nothing where the call waits for the device.
    """
    seen_s = taken.launch_s or 0.0
    waits = not taken.launches_hidden and seen_s >= _WAITS * taken.median_s
    return smallest_s if waits and smallest_s < _EXPLAINS * seen_s else max(smallest_s, seen_s)


def _stays_in_cache(taken: MeasurementTaken, memory_s: float, cache_bytes: int | None) -> bool:
    """Whether it ran faster than memory can be, or fits a cache and was much slower once that was emptied."""
    if memory_s > FASTER_THAN_MEMORY * taken.median_s:
        return True
    fits = cache_bytes is not None and taken.bytes_moved <= cache_bytes
    return fits and (taken.cold_median_s or 0.0) >= _COLD_COSTS * taken.median_s
