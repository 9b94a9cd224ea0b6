"""A device's roof in a second: squares alone for its best product. The full search is job.roofline()."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator

from core.devices.cache import last_level_bytes
from core.events import Progress
from core.timing.measure.progress import ALIVE
from core.timing.measure.timers import Operation, Timer, timer_for
from core.timing.results.events import RoofMeasured
from core.timing.roofline.bandwidth import MIN_COPY_BYTES, copy_bytes, copy_rates, hides_in_cache
from core.timing.roofline.launch import launch_s
from core.timing.roofline.physical_peak import not_believed, peak_gbps, peak_gflops
from core.timing.workloads import WORKLOADS
from core.torch_devices import DEVICE_ERRORS
from core.torch_precision import float32_of

# Squares that are tried for the best product.
_SMALLEST, _LARGEST = 64, 8192
# In so little time a CPU's copy is no larger than this, and may hide in a cache.
_SHORT_S, _SHORT_COPY_BYTES = 0.2, 16 * 2**20
_COPIES = 4


def quick_roofline(
    device: str, threads: int | None, dtypes: tuple[str, ...], seconds: float
) -> Generator[Progress, None, RoofMeasured]:
    """Returns a device's peak in each format, its copy bandwidth and the cost of its smallest call.

    It takes about `seconds`; threads are those that torch has now.
    """
    timer = timer_for(device)
    part_s = seconds / (len(dtypes) + 1)
    gflops: dict[str, float] = {}
    for dtype in dtypes:
        with float32_of(dtype, device):
            best = _best_square(device, timer, dtype, part_s)
        # A format that this device cannot multiply has no roof, nor has one whose rate cannot be right.
        if best > 0 and not not_believed(best, peak_gflops(device, dtype, threads)):
            gflops[dtype] = best
        yield ALIVE
    gbps = _copy_bandwidth(device, part_s)
    yield ALIVE
    launch = None
    with contextlib.suppress(*DEVICE_ERRORS):
        launch = launch_s(device)
    return RoofMeasured(device, threads, gflops, gbps, launch)


def _best_square(device: str, timer: Timer, dtype: str, seconds: float) -> float:
    """The highest rate in GFLOP/s over growing squares, as far as time and memory go; 0 where none runs."""
    size, best, began = _SMALLEST, 0.0, time.perf_counter()
    while size <= _LARGEST:
        try:
            call_s = _fastest(WORKLOADS["gemm"].prepare(size, dtype, device, 0), timer, seconds / 5)
        except DEVICE_ERRORS:
            break
        best = max(best, WORKLOADS["gemm"].flops(size) / call_s / 1e9)
        # The next size takes eight times as long.
        if time.perf_counter() - began + 5 * 8 * call_s > seconds:
            break
        size *= 2
    return best


def _copy_bandwidth(device: str, seconds: float) -> float | None:
    """GB/s of a copy, None where there is not so much memory or it cannot be right."""
    with contextlib.suppress(*DEVICE_ERRORS):
        if device == "cpu":
            size = _SHORT_COPY_BYTES if seconds < _SHORT_S else max(MIN_COPY_BYTES, last_level_bytes() or 0)
        else:
            size = copy_bytes(device)
        best = max(copy_rates(device, size, _COPIES))
        if not hides_in_cache(device, size) and not not_believed(best, peak_gbps(device), "GB/s"):
            return best
    return None


def _fastest(operation: Operation, timer: Timer, long_s: float) -> float:
    """Seconds of the fastest of four calls, after one that pays for set-up; of that one when it is long."""
    first_s = timer(operation, 1)
    return first_s if first_s > long_s else min(timer(operation, 1) for _ in range(4))
