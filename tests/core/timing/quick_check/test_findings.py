"""What is measured gets the rating that it deserves, and no low rate is held against a busy machine."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import event_record
from core.timing.quick_check.events import FAIR, GOOD, NOTE, POOR, UNKNOWN
from core.timing.quick_check.findings import checked
from core.timing.results.events import (
    SCHEMA,
    DeviceAbsent,
    DeviceSampled,
    EnvironmentRead,
    MeasurementTaken,
    NoiseMeasured,
    RoofMeasured,
)
from core.timing.roofline.events import BandwidthFound, FmaMeasured, PeakFound
from core.timing.sweeps.events import Reached, SpeedupCurve

ENVIRONMENT = EnvironmentRead(SCHEMA, "2026-01-01T00:00:00+00:00", {"cpu": "Abacus 9", "gpus": []})


def records_of(*events: Any) -> list[dict[str, Any]]:
    return [event_record(event) for event in (ENVIRONMENT, *events)]


def rating_of(subject: str, *events: Any) -> str:
    (rating,) = {one.rating for one in checked(records_of(*events)).findings if one.subject == subject}
    return rating


def product(share: float | None, vendor: float | None = None, device: str = "cpu") -> PeakFound:
    found = PeakFound(device, 2 if device == "cpu" else None, "float32", 300.0, 512, 512, 512, 30, 1.0, share)
    return found if vendor is None else PeakFound(**{**vars(found), "vendor_gflops": vendor})


def others(load: float) -> DeviceSampled:
    reading = {"name": "others", "value": load, "unit": "%", "reason": None}
    return DeviceSampled("cpu", 1.0, "gemm", {"others": reading})  # type: ignore[dict-item]


def taken(workload: str = "gemm", device: str = "cpu", threads: int | None = 1, **more: Any) -> Any:
    call_s = more.pop("median_s", 1e-3)
    return MeasurementTaken(
        workload, more.pop("size", 1024), "float32", device, threads, call_s, call_s, call_s, 6, 1.0, 1.0,
        1.0, "target", 1, 0.02, 0.0, 1.0, flops=1, bytes_moved=1, times_s=(call_s,) * 6, **more,
    )  # fmt: skip


@pytest.mark.parametrize(("share", "rating"), [(0.95, GOOD), (0.85, GOOD), (0.7, FAIR), (0.59, POOR)])
def test_a_product_is_rated_by_its_share_of_the_cores_peak(share: float, rating: str) -> None:
    assert rating_of("Matrix product in float32", product(share)) == rating


@pytest.mark.parametrize(("vendor", "rating"), [(380.0, GOOD), (530.0, FAIR), (900.0, POOR)])
def test_a_gpu_is_rated_by_the_vendors_figure(vendor: float, rating: str) -> None:
    assert rating_of("Matrix product in float32", product(None, vendor, "cuda:0")) == rating
    copy = BandwidthFound("cuda:0", None, 300.0, 2**28, vendor_gbps=vendor)
    assert rating_of("Memory", copy) == rating


def test_what_nobody_promises_is_a_note() -> None:
    assert rating_of("Matrix product in float32", product(None)) == NOTE
    assert rating_of("Memory", BandwidthFound("cpu", 2, 14.0, 2**28)) == NOTE
    assert checked(records_of(product(None))).rating == UNKNOWN


@given(st.floats(0.01, 1.2), st.floats(0.01, 1.2))
def test_more_is_never_rated_lower(one: float, other: float) -> None:
    order = [POOR, FAIR, GOOD]
    slow, fast = (rating_of("Matrix product in float32", product(share)) for share in sorted((one, other)))
    assert order.index(slow) <= order.index(fast)


def test_the_machine_is_what_its_worst_part_is() -> None:
    good, bad = product(0.9), DeviceAbsent("cuda:0", "no kernels for this card")
    assert checked(records_of(good)).rating == GOOD
    both = checked(records_of(good, bad))
    assert both.rating == POOR
    assert "cuda:0" in both.says
    assert any("no kernels for this card" in one.says for one in both.findings)


@pytest.mark.parametrize("share", [0.7, 0.1])
def test_a_low_rate_says_nothing_while_other_programs_run(share: float) -> None:
    busy = checked(records_of(product(share), others(60.0)))
    assert busy.rating == UNKNOWN
    assert "other programs" in busy.says
    assert next(one for one in busy.findings if one.fraction).rating == UNKNOWN


def test_a_good_rate_is_good_also_then() -> None:
    busy = checked(records_of(product(0.9), others(60.0)))
    assert busy.findings[0].rating == GOOD
    assert busy.rating == FAIR


def test_what_cannot_work_is_wrong_also_then() -> None:
    assert checked(records_of(DeviceAbsent("cuda:0", "lost"), others(60.0))).rating == POOR


def test_a_card_that_only_the_driver_knows_is_no_good_machine() -> None:
    cards = EnvironmentRead(SCHEMA, "2026", {"gpus": [{"name": "Stub H100"}], "torch": "2.13.0+cpu"})
    verdict = checked([event_record(cards), event_record(product(0.9))])
    assert verdict.rating == POOR
    assert "Stub H100" in verdict.findings[0].says


@pytest.mark.parametrize(("one_s", "rating"), [(1.9e-3, GOOD), (1.2e-3, FAIR), (0.9e-3, POOR)])
def test_threads_are_rated_by_what_they_gain(one_s: float, rating: str) -> None:
    assert rating_of("Threads", taken(median_s=one_s), taken(threads=2)) == rating


@pytest.mark.parametrize(
    ("device", "cost_s", "rating"),
    [("cpu", 1e-6, GOOD), ("cpu", 1e-5, FAIR), ("cuda:0", 6e-6, GOOD), ("cuda:0", 1e-4, POOR)],
)
def test_the_smallest_call_is_rated_for_its_kind_of_device(device: str, cost_s: float, rating: str) -> None:
    assert rating_of("Smallest call", RoofMeasured(device, None, {}, None, cost_s)) == rating


@pytest.mark.parametrize(("gbps", "width", "rating"), [(25.0, 16, GOOD), (18.0, 16, FAIR), (6.0, 16, POOR)])
def test_a_link_is_rated_by_what_its_lanes_carry(gbps: float, width: int, rating: str) -> None:
    moved = taken("host_to_device_pinned", "cuda:0", None, gbps=gbps, pcie_generation=4, pcie_width=width)
    assert rating_of("Link to the device", moved) == rating


def test_a_card_that_is_throttled_says_by_what() -> None:
    throttled = {
        name: {"name": name, "value": 1.0, "unit": "", "reason": None} for name in ("throttled_by_heat",)
    }
    verdict = checked(records_of(DeviceSampled("cuda:0", 1.0, "gemm", throttled)))  # type: ignore[arg-type]
    assert verdict.rating == FAIR
    assert "heat" in verdict.findings[0].says


def test_a_gpu_that_pays_says_from_which_size() -> None:
    curve = SpeedupCurve(
        "gemm", "forward", "random", "float32", "cuda:0", "cuda:0 float32", "cpu float32, 2 threads",
        (64, 1024), (0.5, 20.0), (Reached(1.0, 128.0),), kernel_ratios=(2.0, 21.0),
    )  # fmt: skip
    (note,) = checked(records_of(curve)).findings
    assert note.rating == NOTE
    assert "20 times" in note.says
    assert "from size 128 on" in note.says
    assert "21 in its own time" in note.says


def test_a_machine_that_differs_from_itself_is_no_place_to_compare() -> None:
    noise = NoiseMeasured("cpu", 2, 0.02, 0.4, 1e-4, 100, 1.0)
    assert rating_of("Steadiness", noise) == FAIR
    assert rating_of("Steadiness", NoiseMeasured("cpu", 2, 0.02, 0.04, 1e-4, 100, 1.0)) == GOOD


def test_cores_far_below_their_clock_are_seen() -> None:
    assert rating_of("Clock of the cores", FmaMeasured(2, 200.0, "AVX2", None, 480.0)) == POOR
    assert rating_of("Clock of the cores", FmaMeasured(2, 400.0, "AVX2", None, 480.0)) == GOOD


def test_nothing_measured_is_no_verdict() -> None:
    verdict = checked(records_of())
    assert verdict.rating == UNKNOWN
    assert verdict.findings == ()
