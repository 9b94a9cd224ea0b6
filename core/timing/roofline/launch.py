"""What the smallest call costs."""

from __future__ import annotations

from core.timing.measure.timers import wall_timer
from core.timing.workloads import WORKLOADS

# No more than a GPU's queue takes at once.
_CALLS, _BLOCKS = 200, 5


def launch_s(device: str) -> float:
    """Seconds on the wall of a call that does next to nothing: the mean of the cheapest of a few blocks."""
    timer = wall_timer(device)
    launch = WORKLOADS["launch"].prepare(1, "float32", device, 0)
    timer(launch, _CALLS)
    return min(timer(launch, _CALLS) / _CALLS for _ in range(_BLOCKS))
