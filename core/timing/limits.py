"""What limits an operation: the cores' arithmetic, the memory bus, or the launching of its steps.

Each has a time that it needs at least: FLOPs over the peak of the number format, least bytes over the copy
bandwidth, and kernels times the cost of the smallest call. The longest of the three names the limit.
Source of the first two: Williams, Waterman & Patterson (2009), Roofline, CACM 52(4).
"""

from __future__ import annotations

import math
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

from core.timing.events import MeasurementTaken, RoofMeasured
from core.timing.timers import Operation

COMPUTE_BOUND, MEMORY_BOUND, LAUNCH_BOUND = "compute-bound", "memory-bound", "launch-bound"

# Faster than the copy bandwidth allows by this much is no scatter any more.
_IN_CACHE = 1.2


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


def limit(taken: MeasurementTaken, calls: int, roof: RoofMeasured) -> str | None:
    """The label of a measurement of so many kernels; None where the roof has none of the three."""
    rate = roof.gflops.get(taken.dtype) or max(roof.gflops.values(), default=math.inf)
    least_s = {
        COMPUTE_BOUND: taken.flops / (rate * 1e9),
        MEMORY_BOUND: taken.bytes_moved / ((roof.gbps or math.inf) * 1e9),
        LAUNCH_BOUND: max(calls * (roof.launch_s or 0.0), taken.launch_s or 0.0),
    }
    if least_s[MEMORY_BOUND] > _IN_CACHE * taken.median_s:
        least_s[MEMORY_BOUND] = 0.0  # faster than memory can be: its operands stay in a cache
    longest = max(least_s, key=least_s.__getitem__)
    return longest if least_s[longest] > 0 else None
