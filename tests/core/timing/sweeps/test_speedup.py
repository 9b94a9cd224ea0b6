"""Speed-up curves cross where they were made to cross."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.timing.sweeps.speedup import (
    FORTYFOLD,
    OVERTAKES,
    TENFOLD,
    against_random,
    crossings,
    reached,
    speedup_curves,
    speedups,
    transfer_time_s,
)

SIZES = (64, 128, 256, 512, 1024, 2048)


def taken(workload: str, device: str, size: int, median_s: float, **more: Any) -> dict[str, Any]:
    return {
        "event": "measurement_taken",
        "workload": workload,
        "device": device,
        "dtype": "float32",
        "threads": 2 if device == "cpu" else None,
        "size": size,
        "median_s": median_s,
        "ci_low_s": median_s,
        "ci_high_s": median_s,
        "bytes_moved": 12 * size * size,
    } | more


# A CPU that takes 1e-12 N^3 s, and a GPU whose ratio to it is (N / 100)^2: equal at 100, ten times as fast
# at 100 * sqrt(10) = 316.2, forty times at 100 * sqrt(40) = 632.5.
CPU = [taken("gemm", "cpu", size, 1e-12 * size**3) for size in SIZES]
GPU = [taken("gemm", "cuda:0", size, 1e-12 * size**3 / (size / 100) ** 2) for size in SIZES]
# A transfer takes 10 us and a nanosecond a byte.
LINK = [
    taken(name, "cuda:0", count, 1e-5 + 1e-9 * count, bytes_moved=count)
    for name in ("host_to_device", "device_to_host")
    for count in (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
]


def test_crossings_are_where_the_curve_was_made_to_cross() -> None:
    (curve,) = speedup_curves([*CPU, *GPU])
    overtakes, tenfold, fortyfold = curve.reached
    assert overtakes.size == pytest.approx(100)
    assert tenfold.size == pytest.approx(100 * math.sqrt(10))
    assert fortyfold.size == pytest.approx(100 * math.sqrt(40))
    assert [found.ratio for found in curve.reached] == [OVERTAKES, TENFOLD, FORTYFOLD] == [1, 10, 40]
    assert curve.sizes == SIZES
    assert curve.ratios == pytest.approx([(size / 100) ** 2 for size in SIZES])
    assert (curve.series, curve.reference) == ("cuda:0 float32", "cpu float32, 2 threads")


def test_what_is_never_reached_is_none_with_the_reason() -> None:
    never = reached((64, 128), (0.2, 0.8), 10)
    assert never.size is None
    assert "128" in str(never.reason)
    assert "0.8" in str(never.reason)
    assert reached((), (), 1).size is None


def test_what_was_always_so_is_the_smallest_size_and_says_that() -> None:
    always = reached((64, 128), (3.0, 8.0), 1)
    assert always.size == 64
    assert "smallest" in str(always.reason)


def test_a_curve_that_falls_back_has_still_reached() -> None:
    assert reached((1, 10, 100), (1, 100, 2), 10).size == pytest.approx(math.sqrt(10))


@given(st.floats(0.1, 3), st.floats(70, 2000), st.floats(1, 50))
def test_any_power_law_is_met_exactly(power: float, size: float, ratio: float) -> None:
    found = reached(SIZES, [ratio * (each / size) ** power for each in SIZES], ratio)
    assert found.size == pytest.approx(size, rel=1e-6)


def test_transfers_cost_what_was_measured() -> None:
    (curve,) = speedup_curves([*CPU, *GPU, *LINK])
    for size, ratio in zip(SIZES, curve.with_transfers, strict=True):
        cpu_s = 1e-12 * size**3
        gpu_s = cpu_s / (size / 100) ** 2
        moved_s = 2e-5 + 1e-9 * (3 * 4 * size * size)  # two matrices there, one back
        assert ratio == pytest.approx(cpu_s / (gpu_s + moved_s), rel=0.35)
        assert ratio < (size / 100) ** 2
    assert curve.reached_with_transfers[0].size is None or curve.reached_with_transfers[0].size > 100


def test_a_transfer_of_measured_size_takes_the_measured_time_and_others_lie_between() -> None:
    measured = [(1000.0, 1e-5), (100_000.0, 1e-4)]
    assert transfer_time_s(1000, measured) == 1e-5
    assert transfer_time_s(10, measured) == 1e-5
    assert transfer_time_s(10_000, measured) == pytest.approx(math.sqrt(1e-9))
    assert transfer_time_s(1_000_000, measured) == pytest.approx(1e-3)


def test_without_measured_transfers_the_reason_is_reported() -> None:
    (curve,) = speedup_curves([*CPU, *GPU])
    assert curve.with_transfers == ()
    assert "host_to_device" in str(curve.transfer_reason)


def test_workloads_steps_and_data_are_never_mixed() -> None:
    records = [
        taken("gemm", "cpu", 64, 8.0),
        taken("gemm", "cuda:0", 64, 4.0),
        taken("softmax", "cpu", 64, 100.0),
        taken("softmax", "cuda:0", 64, 1.0, step="training"),
        taken("gemm", "cuda:0", 64, 1.0, data="zeros"),
    ]
    assert [(found.series, found.ratio) for found in speedups(records)] == [("cuda:0 float32", 2.0)]
    assert [curve.workload for curve in speedup_curves(records)] == ["gemm"]


def test_other_data_is_set_against_random_data_of_the_same_point() -> None:
    records = [
        taken("gemm", "cpu", 64, 8.0),
        taken("gemm", "cpu", 64, 4.0, data="zeros"),
        taken("gemm", "cpu", 128, 1.0, data="zeros"),
        taken("gemm", "cpu", 64, 16.0, data="denormal"),
    ]
    assert [(found.series, found.size, found.ratio) for found in against_random(records)] == [
        ("cpu float32, 2 threads, zeros", 64, 2.0),
        ("cpu float32, 2 threads, denormal", 64, 0.5),
    ]


def test_the_cpu_is_compared_at_its_most_threads() -> None:
    records = [taken("gemm", "cpu", 64, 8.0, threads=1), *CPU, *GPU]
    (curve,) = speedup_curves(records)
    assert curve.ratios[0] == pytest.approx(0.64**2)


def test_without_an_accelerator_there_is_no_curve() -> None:
    assert speedup_curves(CPU) == []


def test_crossings_are_of_what_a_program_waits_and_the_kernels_time_stands_beside() -> None:
    # Kernels of 2 us and more, and no program gets more than one in 6 us: 3 times the kernel at small sizes.
    on_wall = [record | {"wall_s": 3 * record["median_s"], "wall_interval_s": None} for record in GPU]
    (curve,) = speedup_curves([*CPU, *on_wall])
    assert curve.ratios == pytest.approx([(size / 100) ** 2 / 3 for size in SIZES])
    assert curve.kernel_ratios == pytest.approx([(size / 100) ** 2 for size in SIZES])
    assert curve.reached[0].size == pytest.approx(100 * math.sqrt(3))
    assert speedups([*CPU, *on_wall])[0].ratio == pytest.approx(0.64**2 / 3)


def test_a_rate_that_is_not_believed_overtakes_nothing() -> None:
    doubtful = [record | {"not_believed": "more than it can do"} for record in GPU]
    assert speedup_curves([*CPU, *doubtful]) == []
    assert all("cuda" not in found.series for found in speedups([*CPU, *doubtful]))


def test_results_without_wall_times_are_of_the_devices_own_time() -> None:
    (curve,) = speedup_curves([*CPU, *GPU])
    assert curve.kernel_ratios == ()


def test_crossings_name_the_size_from_which_on_a_series_is_faster_and_what_is_slower_again() -> None:
    def taken(threads: int, size: int, median_s: float) -> dict[str, Any]:
        point = {"event": "measurement_taken", "workload": "gemm", "dtype": "float32", "device": "cpu"}
        times = {"median_s": median_s, "ci_low_s": median_s, "ci_high_s": median_s}
        return point | times | {"threads": threads, "size": size}

    one = [taken(1, size, 1.0) for size in (16, 64, 256)]
    # Half as fast at 16, as fast at 32 by the straight line on logarithmic axes, twice as fast at 64.
    both = [taken(2, size, time_s) for size, time_s in ((16, 2.0), (64, 0.5), (256, 0.4))]
    assert crossings(one + both) == [
        "cpu float32, 2 threads overtakes cpu float32, 1 thread: from size 32 on."
    ]
    again = [*both[:2], taken(2, 256, 3.0)]
    (said,) = crossings(one + again)
    assert said.endswith("from size 32 on, and is slower again at 256.")
    assert crossings([one[0], both[0]]) == []


def test_the_reference_is_the_cpu_with_most_threads_wherever_it_stands() -> None:
    point = {"event": "measurement_taken", "workload": "gemm", "dtype": "float32", "size": 64}

    def taken(device: str, threads: int | None, median_s: float) -> dict[str, Any]:
        times = {"median_s": median_s, "ci_low_s": median_s, "ci_high_s": median_s}
        return point | times | {"device": device, "threads": threads}

    records = [taken("cpu", 8, 2.0), taken("cuda:0", None, 1.0), taken("cpu", 1, 9.0)]
    assert [one.ratio for one in speedups(records)] == [2.0]
    (curve,) = speedup_curves(records)
    assert (curve.reference, curve.ratios) == ("cpu float32, 8 threads", (2.0,))
