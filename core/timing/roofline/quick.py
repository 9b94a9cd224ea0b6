"""What is learnt of a device before its first point: its noise, and a short look at its roof."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import torch

from core.devices.cache import last_level_bytes
from core.timing.measure.cold import Flush, flush_for
from core.timing.measure.conditions import observe, wait_until_quiet
from core.timing.measure.noise import noise_floor
from core.timing.measure.timers import Operation, Timer, max_repeats, timer_for
from core.timing.results.events import NoiseMeasured, RoofMeasured
from core.timing.workloads import WORKLOADS

# The product that is set against itself: some 100 microseconds on a core, and nobody's special case.
_NOISE_SIZE = 256
# Squares that are tried for the best product.
_SMALLEST, _LARGEST = 64, 8192
# A copy is larger than the last-level cache, so that it cannot hide there, and at least as large as this.
_COPY_BYTES = 256 * 2**20
_MIN_COPY_BYTES = 16 * 2**20
# Filling a large cache takes a tenth of a second, and each cold call needs it.
_MIN_WITH_COLD_S = 0.2


@dataclass(frozen=True)
class Machine:
    """What is known of one device, with so many threads on a CPU; None where it could not be found out.

    flush empties its caches, or says why it cannot.
    """

    noise: NoiseMeasured | None
    roof: RoofMeasured | None
    flush: Flush | str


def flush(device: str, max_seconds: float) -> Flush | str:
    """The flush of a device's caches; a sentence where there can be none in so short a time."""
    if max_seconds < _MIN_WITH_COLD_S:
        return "the time limit is too short for calls on cold caches"
    return flush_for(device)


def noise(
    device: str, threads: int | None, seconds: float, seed: int = 0, quiet_wait_s: float = 0.0
) -> Iterator[NoiseMeasured | None]:
    """Set a matrix product against itself for so long; yields None in between, and last the floors.

    quiet_wait_s: how long to wait for other programs to rest before floors that they spoilt are looked for
    again; what they are then stands, with its mark. threads are those that torch has now.
    """
    operation = WORKLOADS["gemm"].prepare(_NOISE_SIZE, "float32", device, seed)
    found = yield from _noise(operation, device, threads, seconds, seed)
    if found.disturbed and quiet_wait_s > 0:
        disturbing: tuple[str, ...] = ()
        for disturbing in wait_until_quiet(device, quiet_wait_s):  # noqa: B007
            yield None
        if not disturbing:
            found = yield from _noise(operation, device, threads, seconds, seed)
    yield found


def _noise(
    operation: Operation, device: str, threads: int | None, seconds: float, seed: int
) -> Generator[None, None, NoiseMeasured]:
    finish = observe(device)
    for floor in noise_floor(operation, timer_for(device), seconds, seed):
        if floor is None:
            yield None
    assert floor is not None
    return NoiseMeasured(
        device,
        threads,
        floor.paired,
        floor.unpaired,
        floor.median_s,
        floor.rounds,
        floor.elapsed_s,
        finish().contaminated,
    )


def quick_roofline(
    device: str, threads: int | None, dtypes: tuple[str, ...], seconds: float
) -> Iterator[RoofMeasured | None]:
    """A device's peak matrix product in each format, its copy bandwidth and the cost of its smallest call.

    Yields None in between, and last the roof. It takes about `seconds`; threads are those that torch has now.
    """
    timer = timer_for(device)
    share_s = seconds / (len(dtypes) + 1)
    gflops: dict[str, float] = {}
    for dtype in dtypes:
        # A format that this device cannot multiply has no roof.
        with contextlib.suppress(RuntimeError, TypeError, AttributeError):
            gflops[dtype] = _best_product(device, timer, dtype, share_s)
        yield None
    gbps = _copy_bandwidth(device, timer, share_s, last_level_bytes() or 0)
    yield None
    yield RoofMeasured(device, threads, gflops, gbps, _smallest_call_s(device, timer))


def _best_product(device: str, timer: Timer, dtype: str, seconds: float) -> float:
    """The highest rate in GFLOP/s over growing squares, as far as the time goes."""
    size, best, began = _SMALLEST, 0.0, time.perf_counter()
    while size <= _LARGEST:
        call_s = _fastest(WORKLOADS["gemm"].prepare(size, dtype, device, 0), timer, seconds / 5)
        best = max(best, WORKLOADS["gemm"].flops(size) / call_s / 1e9)
        # The next size takes eight times as long.
        if time.perf_counter() - began + 5 * 8 * call_s > seconds:
            break
        size *= 2
    return best


def _copy_bandwidth(device: str, timer: Timer, seconds: float, cache_bytes: int) -> float | None:
    """GB/s of a copy that no cache holds, reads and writes both counted."""
    size = _MIN_COPY_BYTES if seconds < 0.2 else max(_COPY_BYTES, cache_bytes)
    try:
        source, target = (torch.ones(size // 4, device=device) for _ in range(2))
        return 2 * size / _fastest(lambda: target.copy_(source), timer) / 1e9
    except RuntimeError:  # not so much memory
        return None


def _smallest_call_s(device: str, timer: Timer) -> float:
    one = torch.ones(1, device=device)
    calls = min(200, max_repeats(device) or 200)
    timer(lambda: torch.neg(one, out=one), calls)
    return min(timer(lambda: torch.neg(one, out=one), calls) / calls for _ in range(5))


def _fastest(operation: Operation, timer: Timer, long_s: float = math.inf) -> float:
    """Seconds of the fastest of four calls, after one that pays for set-up; of that one when it is long."""
    first_s = timer(operation, 1)
    return first_s if first_s > long_s else min(timer(operation, 1) for _ in range(4))
