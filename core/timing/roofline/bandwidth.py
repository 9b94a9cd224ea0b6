"""How fast a device copies its own memory."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from core import devices
from core.devices.cache import last_level_bytes
from core.timing.measure.timers import timer_for
from core.timing.workloads import WORKLOADS

# A copy is larger than any cache that it could hide in, and at least as large as this.
MIN_COPY_BYTES = 256 * 2**20
_MEMORY_FRACTION = 0.2


def copy_bytes(device: str) -> int:
    """Bytes to copy: more than the caches hold, and no more than a fair part of the free memory."""
    if device.startswith("cuda"):
        cache = int(torch.cuda.get_device_properties(device).L2_cache_size)
    else:
        cache = last_level_bytes() or 0
    free = devices.memory_free_bytes(device)
    wanted = max(MIN_COPY_BYTES, cache)
    return wanted if free is None else max(4, min(wanted, int(_MEMORY_FRACTION * free)))


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
