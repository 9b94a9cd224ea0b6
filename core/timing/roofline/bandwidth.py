"""How fast a device copies its own memory."""

from __future__ import annotations

from collections.abc import Iterator

from core import devices
from core.timing.measure.cold import cache_bytes
from core.timing.measure.timers import timer_for
from core.timing.results.units import in_bytes
from core.timing.workloads import WORKLOADS

# A copy is larger than any cache that it could hide in, and at least as large as this.
MIN_COPY_BYTES = 256 * 2**20
# An accelerator's copy is so many times its last cache, of which a part would stay there otherwise.
TIMES_CACHE = 4
_MEMORY_FRACTION = 0.2


def copy_bytes(device: str) -> int:
    """Bytes to copy: more than the caches hold, and no more than a fair part of the free memory."""
    free = devices.memory_free_bytes(device)
    wanted = max(MIN_COPY_BYTES, _hiding_place(device))
    return wanted if free is None else max(4, min(wanted, int(_MEMORY_FRACTION * free)))


def hides_in_cache(device: str, size_bytes: int) -> str | None:
    """Why a copy of so many bytes says nothing of an accelerator's memory, in words; None where it does."""
    needed = _hiding_place(device)
    if device == "cpu" or size_bytes >= needed:
        return None
    return f"too little memory is free for a copy of {in_bytes(needed)}, which its cache could not hold"


def _hiding_place(device: str) -> int:
    return (cache_bytes(device) or 0) * (1 if device == "cpu" else TIMES_CACHE)


def copy_rates(device: str, size_bytes: int, copies: int) -> Iterator[float]:
    """GB/s of each of some copies of so many bytes, reads and writes both counted; the best one counts.

    Raises one of DEVICE_ERRORS where the device has not so much memory.
    """
    timer, elements = timer_for(device), size_bytes // 4
    # Constant, since drawing so many random numbers takes longer than everything else here.
    copy = WORKLOADS["copy"].prepare(elements, "float32", device, 0, "forward", "constant")
    timer(copy, 1)
    for _ in range(copies):
        yield WORKLOADS["copy"].bytes_moved(elements, 4) / timer(copy, 1) / 1e9
