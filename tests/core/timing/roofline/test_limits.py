"""What limits an operation is named, and nothing is named that cannot be it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from core.timing.results.events import (
    COMPUTE_BOUND,
    IN_CACHE,
    LAUNCH_BOUND,
    LINK,
    MEMORY_BOUND,
    MeasurementTaken,
    RoofMeasured,
)
from core.timing.roofline.limits import launches, limit

# 100 GFLOP/s, 10 GB/s, and 1 microsecond for the smallest call.
ROOF = RoofMeasured("cpu", 1, {"float32": 100.0}, 10.0, 1e-6)
CACHE = 32 * 2**20


def taken(flops: float, bytes_moved: float, median_s: float, **more: Any) -> MeasurementTaken:
    figures: dict[str, Any] = {
        "ci_low_s": median_s,
        "ci_high_s": median_s,
        "samples": 6,
        "gflops": flops / median_s / 1e9,
        "gflops_low": 0.0,
        "gflops_high": 0.0,
        "stopped_by": "target",
        "repeats": 1,
        "first_call_s": median_s,
        "timer_overhead": 0.0,
        "elapsed_s": 1.0,
        "times_s": (median_s,) * 6,
    }
    return MeasurementTaken(
        "gemm",
        1,
        "float32",
        "cpu",
        1,
        median_s,
        flops=int(flops),
        bytes_moved=int(bytes_moved),
        **figures | more,
    )


@pytest.mark.parametrize(
    ("measured", "calls", "label"),
    [
        # A product: 10 ms of arithmetic, 0.1 ms of memory.
        (taken(1e9, 1e6, 12e-3), 1, COMPUTE_BOUND),
        # A long copy: 10 ms of memory.
        (taken(1e6, 1e8, 11e-3), 1, MEMORY_BOUND),
        # A little slower than the copy that was measured, or a little faster, is the same limit.
        (taken(1e6, 1e8, 9e-3), 1, MEMORY_BOUND),
        # Forty small steps.
        (taken(1e3, 1e3, 45e-6), 40, LAUNCH_BOUND),
    ],
)
def test_the_longest_of_three_least_times_names_the_limit(
    measured: MeasurementTaken, calls: int, label: str
) -> None:
    assert limit(measured, calls, ROOF, CACHE) == label


def test_what_runs_faster_than_memory_can_be_is_in_cache_and_not_bound_by_arithmetic_it_hardly_does() -> None:
    # A small layer normalisation: 189% of the copy bandwidth, and 3% of the peak of products.
    small = taken(1.2e5, 1.2e6, 6.3e-5)
    assert limit(small, 1, ROOF) == IN_CACHE


def test_arithmetic_that_fills_the_time_is_the_limit_also_in_a_cache() -> None:
    busy = taken(5e6, 1.2e6, 6.3e-5)  # 79% of the peak, at 190% of the copy bandwidth
    assert limit(busy, 1, ROOF) == COMPUTE_BOUND


def test_launches_that_fill_the_time_are_the_limit_also_in_a_cache() -> None:
    tiny = taken(1e3, 1e5, 5e-6)
    assert limit(tiny, 4, ROOF) == LAUNCH_BOUND


def test_a_flush_that_costs_shows_that_the_cache_had_served() -> None:
    # Half the bandwidth of memory, of operands that fit the cache.
    hot = {"flops": 1e5, "bytes_moved": 1e6, "median_s": 2e-4}
    assert limit(taken(**hot, cold_median_s=4e-4), 1, ROOF, CACHE) == IN_CACHE
    assert limit(taken(**hot, cold_median_s=2.1e-4), 1, ROOF, CACHE) == MEMORY_BOUND
    assert limit(taken(**hot), 1, ROOF, CACHE) == MEMORY_BOUND
    too_large = taken(1e7, 1e8, 2e-2, cold_median_s=4e-2)
    assert limit(too_large, 1, ROOF, CACHE) == MEMORY_BOUND


def test_without_a_roof_there_is_no_label() -> None:
    assert limit(taken(1e6, 1e6, 1e-3), 1, RoofMeasured("cpu", 1, {}, None, None)) is None


def test_launches_are_the_operators_that_run() -> None:
    x = torch.ones(4)
    assert launches(lambda: x + 1) == 1
    assert launches(lambda: (x + 1) * 2 - 3) == 3


@pytest.mark.parametrize(
    "transfer",
    ["host_to_device", "host_to_device_pinned", "device_to_host", "device_to_host_pinned"],
)
def test_what_crosses_the_link_is_limited_by_it_and_by_nothing_else(transfer: str) -> None:
    # A pageable copy waits for the device, a pinned one moves more than device memory would at that size.
    blocking = {"launch_s": 22e-3, "launches_hidden": False}
    pageable = replace(taken(0, 2.7e8, 22e-3, **blocking), workload=transfer)
    assert limit(pageable, 1, ROOF, CACHE) == LINK


def test_a_call_that_waits_for_the_device_is_not_bound_by_launching() -> None:
    waits = {"launch_s": 0.99e-3, "launches_hidden": False}
    assert limit(taken(9e7, 1e6, 1e-3, **waits), 1, ROOF) == COMPUTE_BOUND
    # The same of a thousand kernels, each of which takes a microsecond to launch.
    assert limit(taken(9e6, 1e6, 1e-3, **waits), 1000, ROOF) == LAUNCH_BOUND
    hidden = {"launch_s": 6e-6, "launches_hidden": True}
    assert limit(taken(1e3, 1e3, 2e-6, **hidden), 1, ROOF) == LAUNCH_BOUND
