"""The roof is found, and measurements lie where they should under it."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from typing import Any

import pytest

from core.errors import InvalidRequest
from core.events import Progress, event_record
from core.jobs import JOBS
from core.records import to_record
from core.timing.results.events import EnvironmentRead, MeasurementTaken, RoofMeasured
from core.timing.roofline.job import (
    BandwidthFound,
    FmaMeasured,
    FormatAbsent,
    PeakFound,
    RooflineConfig,
    explanation,
    roofline,
    roofline_points,
)
from core.timing.sweeps.suites import placed

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


@pytest.fixture(scope="module")
def events() -> list[Any]:
    return list(roofline(RooflineConfig(dtypes=("float32", "tf32", "float8"), threads=(1,), max_seconds=3)))


def of(events: list[Any], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_the_environment_comes_first_and_the_roof_last(events: list[Any]) -> None:
    told = [event for event in events if not isinstance(event, Progress)]
    assert isinstance(told[0], EnvironmentRead)
    assert isinstance(told[-1], RoofMeasured)
    assert isinstance(events[-1], Progress)
    assert events[-1].done == events[-1].total == 1


def test_a_peak_is_a_product_that_was_measured(events: list[Any]) -> None:
    peak = next(peak for peak in of(events, PeakFound) if peak.dtype == "float32")
    (roof,) = of(events, RoofMeasured)
    assert roof.gflops["float32"] == peak.gflops > 1
    assert min(peak.rows, peak.inner, peak.columns) > 0
    assert peak.tried >= 1
    (bandwidth,) = of(events, BandwidthFound)
    assert bandwidth.gbps is None or bandwidth.gbps > 0.1
    assert roof.launch_s < 1e-3


def test_float32_is_told_against_what_the_cores_can_do(events: list[Any]) -> None:
    (fma,) = of(events, FmaMeasured)
    peak = next(peak for peak in of(events, PeakFound) if peak.dtype == "float32")
    if fma.gflops is None:
        assert fma.reason
        pytest.skip(fma.reason)
    assert peak.fma_share == pytest.approx(peak.gflops / fma.gflops)
    assert peak.fma_share < 1.1
    assert (peak.explanation is None) == (peak.fma_share >= 0.85)


def test_a_format_without_hardware_has_a_reason(events: list[Any]) -> None:
    absent = {event.dtype: event.reason for event in of(events, FormatAbsent)}
    assert "tensor cores" in absent["tf32"]


def test_every_event_can_be_stored(events: list[Any]) -> None:
    assert all(event_record(event)["event"] for event in events)


def test_a_dot_reaches_the_part_of_the_roof_that_it_reaches() -> None:
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
    (dot,) = roofline_points([ROOF, taken(8, 8, 1e-3, limit="launch-bound")])
    assert dot.limit == "launch-bound"


def test_without_a_roof_a_dot_says_so_with_none() -> None:
    (dot,) = roofline_points([ROOF, taken(8, 8, 1e-3, device="cpu", threads=2)])
    assert dot.percent_of_peak is dot.percent_of_bandwidth is dot.attainable_gflops is dot.limit is None
    (other,) = roofline_points([ROOF, taken(8, 8, 1e-3, dtype="float16")])
    assert other.percent_of_peak is None
    assert other.percent_of_bandwidth is not None


def test_the_vendors_figure_is_taken_where_the_card_is_known() -> None:
    environment = {"event": "environment_read", "environment": {"gpus": [{"name": "Tesla T4"}]}}
    (dot,) = roofline_points([environment, taken(4_050_000_000, 10, 1e-3)])
    assert dot.percent_of_vendor == pytest.approx(50)  # 4.05 of 8.1 TFLOP/s
    unknown = {"event": "environment_read", "environment": {"gpus": [{"name": "Abacus 9"}]}}
    assert roofline_points([unknown, taken(4_050_000_000, 10, 1e-3)])[0].percent_of_vendor is None


def test_a_low_figure_is_explained_by_load_threads_size_or_the_library() -> None:
    long, short = (2048, 4096), (256, 4096)
    assert explanation(90, 100, None, long, 50.0) is None
    assert "other programs used 50%" in str(explanation(80, 100, None, long, 50.0))
    assert "one thread alone reaches 90%" in str(explanation(60, 100, 0.9, long, 0.0))
    assert "side of 256 only, and longer ones, up to 4096, are slower" in str(
        explanation(60, 100, 0.5, short, None)
    )
    assert "no side longer than 512 was tried" in str(explanation(60, 100, 0.5, (256, 512), None))
    assert "library" in str(explanation(60, 100, None, long, 1.0))
    assert str(explanation(60, 100, None, long, 1.0)).startswith("60% of the FMA peak")


@pytest.mark.parametrize(
    "settings",
    [
        {"devices": ("abacus",)},
        {"dtypes": ("float31",)},
        {"threads": (10_000,)},
        {"max_seconds": 0.2},
        {"dtypes": ()},
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        RooflineConfig(**settings)
    assert str(refused.value).endswith(".")


def test_reading_a_roof_needs_no_torch() -> None:
    script = (
        "import sys, core.timing.roofline.job as r; r.RooflineConfig(); r.dots([])\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_what_moves_more_than_memory_can_is_called_in_cache_without_its_own_label() -> None:
    (dot,) = roofline_points([ROOF, taken(400_000_000, 400_000_000, 0.4e-3)])  # 1 TB/s of 500 GB/s
    assert dot.limit == "in cache"


def test_the_roofline_of_the_machine_places_what_computes_and_counts_on_one_scale() -> None:
    config = RooflineConfig(dtypes=("float32",), threads=(1,), max_seconds=1)
    seen: list[Progress] = []
    running = JOBS["roofline"].start(to_record(config))
    for event in running:
        if isinstance(event, Progress):
            seen.append(event)
        if isinstance(event, MeasurementTaken):
            break
    assert event.workload == placed()[0]
    assert event.limit
    assert len({one.total for one in seen[1:]}) == 1
    assert all(one.done <= following.done for one, following in pairwise(seen))
    assert 0 < seen[-1].done < seen[-1].total
