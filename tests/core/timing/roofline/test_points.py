"""Measurements lie where they should under the roof of their device."""

from __future__ import annotations

from typing import Any

import pytest

from core.timing.roofline.points import roofline_points

ROOF = {
    "event": "roof_measured",
    "device": "cuda:0",
    "threads": None,
    "gflops": {"float32": 10_000.0},
    "gbps": 500.0,
    "launch_s": 5e-6,
}


def taken(flops: int, bytes_moved: int, median_s: float, **more: Any) -> dict[str, Any]:
    return {
        "event": "measurement_taken",
        "workload": "gemm",
        "dtype": "float32",
        "device": "cuda:0",
        "threads": None,
        "size": 1,
        "flops": flops,
        "bytes_moved": bytes_moved,
        "median_s": median_s,
    } | more


def test_a_point_reaches_the_part_of_the_roof_that_it_reaches() -> None:
    # 8 TFLOP/s at 800 FLOPs a byte is 80% of the peak; 400 GB/s at 1 FLOP a byte is 80% of the bandwidth.
    heavy, light = roofline_points(
        [ROOF, taken(8_000_000_000, 10_000_000, 1e-3), taken(400_000_000, 400_000_000, 1e-3)]
    )
    assert heavy.intensity == 800
    assert heavy.percent_of_peak == pytest.approx(80)
    assert heavy.attainable_gflops == 10_000
    assert heavy.limit == "compute-bound"
    assert light.percent_of_bandwidth == pytest.approx(80)
    assert light.attainable_gflops == 500
    assert light.percent_of_peak == pytest.approx(4)
    assert light.limit == "memory-bound"


def test_the_label_of_the_measurement_itself_goes_first() -> None:
    (point,) = roofline_points([ROOF, taken(8, 8, 1e-3, limit="launch-bound")])
    assert point.limit == "launch-bound"


def test_without_a_roof_a_point_says_so_with_none() -> None:
    (point,) = roofline_points([ROOF, taken(8, 8, 1e-3, device="cpu", threads=2)])
    assert (
        point.percent_of_peak is point.percent_of_bandwidth is point.attainable_gflops is point.limit is None
    )
    (other,) = roofline_points([ROOF, taken(8, 8, 1e-3, dtype="float16")])
    assert other.percent_of_peak is None
    assert other.percent_of_bandwidth is not None


def test_the_vendors_figure_is_taken_where_the_card_is_known() -> None:
    environment = {"event": "environment_read", "environment": {"gpus": [{"name": "Tesla T4"}]}}
    (point,) = roofline_points([environment, taken(4_050_000_000, 10, 1e-3)])
    assert point.percent_of_vendor == pytest.approx(50)  # 4.05 of 8.1 TFLOP/s
    unknown = {"event": "environment_read", "environment": {"gpus": [{"name": "Abacus 9"}]}}
    assert roofline_points([unknown, taken(4_050_000_000, 10, 1e-3)])[0].percent_of_vendor is None


def test_what_moves_more_than_memory_can_is_called_in_cache_without_its_own_label() -> None:
    (point,) = roofline_points([ROOF, taken(400_000_000, 400_000_000, 0.4e-3)])  # 1 TB/s of 500 GB/s
    assert point.limit == "in cache"
