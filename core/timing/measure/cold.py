"""The time with cold caches: before each call the last-level cache is filled with something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from core import devices
from core.devices.cache import last_level_bytes
from core.statistics import MIN_SAMPLES, median_interval
from core.timing.measure.timers import Block, CudaTimer, Operation, Timer, synchronise, timed

# More samples than this say little more: single calls scatter far more than blocks do.
_MAX_SAMPLES = 30
# Flushing may hold this fraction of the memory that is free.
_MEMORY_FRACTION = 0.25


@dataclass(frozen=True)
class Flush:
    """What empties a device's caches of what an operation left there."""

    call: Callable[[], Any]
    flushed_bytes: int  # how much one call writes


@dataclass(frozen=True)
class ColdTiming:
    """Single calls, each after a flush. One reading of the clock is inside every sample."""

    times_s: tuple[float, ...] = ()  # seconds
    interval_s: tuple[float, float] | None = None  # 95% interval of the median; None with too few samples
    flushed_bytes: int = 0
    reason: str | None = None  # why there are none at all


def flush_for(device: str) -> Flush | str:
    """The flush of a device, sized to its real last-level cache; a sentence where there can be none."""
    size = _flushed_bytes(device)
    if size is None:
        return f"the size of the last cache of {device} is not known"
    free = devices.memory_free_bytes(device)
    if free is not None and size > _MEMORY_FRACTION * free:
        return f"flushing a cache of {size / 2**20:.0f} MiB takes more memory than is free"
    # Written, so that the pages exist; added to, so that each line is fetched and then dirty.
    buffer = torch.ones(max(1, size // 4), dtype=torch.int32, device=device)
    return Flush(lambda: buffer.add_(1), size)


def measure_cold(
    operation: Operation, device: str, timer: Timer, flush: Flush | str, max_seconds: float, seed: int = 0
) -> Iterator[ColdTiming]:
    """Time single calls on cold caches; yields what is known after each, and last the result.

    Ends after 30 calls, or when max_seconds are used up, flushes included, but not before six calls.
    """
    if isinstance(flush, str):
        yield ColdTiming(reason=flush)
        return
    times: list[float] = []
    spent_s = 0.0
    known = ColdTiming(flushed_bytes=flush.flushed_bytes)
    while len(times) < MIN_SAMPLES or (len(times) < _MAX_SAMPLES and spent_s < max_seconds):
        block = _one(operation, device, timer, flush)
        times.append(block.taken_s)
        spent_s += block.spent_s
        known = replace(known, times_s=tuple(times))
        yield known
    yield replace(known, interval_s=median_interval(times, seed))


def _one(operation: Operation, device: str, timer: Timer, flush: Flush) -> Block:
    """The call after a flush; both count as spent."""
    if isinstance(timer, CudaTimer):
        # Queued ahead, so that the GPU goes from the flush to the call without waiting for the program.
        return timed(partial(timer, before=flush.call), operation, 1)
    flush_s = timer(flush.call, 1)
    synchronise(device)
    taken_s = timer(operation, 1)
    return Block(taken_s, flush_s + taken_s)


def cache_bytes(device: str) -> int | None:
    """The size of a device's last cache; None where it is not known."""
    kind = torch.device(device).type
    if kind == "cpu":
        return last_level_bytes()
    if kind == "cuda":
        return int(torch.cuda.get_device_properties(device).L2_cache_size) or None
    return None


def _flushed_bytes(device: str) -> int | None:
    """How much must be written until nothing else is left in the cache."""
    size = cache_bytes(device)
    # Twice on a GPU, because an L2 does not strictly evict its oldest lines first.
    return 2 * size if size is not None and torch.device(device).type == "cuda" else size
