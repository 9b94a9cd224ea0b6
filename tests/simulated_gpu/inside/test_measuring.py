"""Everything that is measured, on a simulated card whose kernels take milliseconds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from core.events import event_record
from core.monitor.sources import AcceleratorSource
from core.timing.activation_cost.config import CostConfig
from core.timing.activation_cost.job import cost
from core.timing.measure import energy
from core.timing.measure.clock import time_operation
from core.timing.measure.cold import flush_for
from core.timing.measure.conditions import wait_until_quiet
from core.timing.measure.precision import really_ran
from core.timing.quick_check.config import QuickCheckConfig
from core.timing.quick_check.events import GOOD, POOR, UNKNOWN
from core.timing.quick_check.job import quick_check
from core.timing.results.events import (
    DeviceAbsent,
    MeasurementFailed,
    MeasurementTaken,
    NoiseMeasured,
    PointsSkipped,
    RoofMeasured,
    SweepFinished,
)
from core.timing.roofline import best_matmul
from core.timing.roofline.config import RooflineConfig
from core.timing.roofline.events import BandwidthFound, FormatAbsent, PeakFound
from core.timing.roofline.job import roofline
from core.timing.stress import load
from core.timing.stress.config import StressConfig
from core.timing.stress.events import TIME_IS_UP, StressEnded, StressSampled
from core.timing.stress.job import stress
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.speedup import against_random, crossings, speedup_curves, speedups
from core.timing.sweeps.suites import SUITES, planned
from core.timing.sweeps.sweep import sweeps
from core.timing.workloads import WORKLOADS, support

DEVICE = "cuda:0"
# Its kernels take the CPU long to compute.
HEAVY = ("resnet18_step", "conv2d")
# What is measured thoroughly in their place: workloads of the same family that differ in an operation alone.
IN_PLACE_OF = {
    **{name: "activation_gelu" for name in WORKLOADS if name.startswith("activation_")},
    "activation_prelu": "activation_prelu",  # which has a weight
    "gru": "lstm",
    "rnn": "lstm",
    "resnet18_step": "lenet_step",
}
_COST = CostConfig(activations=("gelu", "relu"), size=4096, device=DEVICE, max_seconds=0.05)


def smallest(name: str, dtypes: tuple[str, ...], steps: tuple[str, ...]) -> SweepConfig:
    return SweepConfig(
        workload=name,
        sizes=WORKLOADS[name].sizes[:1],
        dtypes=dtypes,
        steps=steps,
        devices=(DEVICE,),
        target_ci=1.0,
        max_seconds=0.05,
        thorough=True,
    )


def assert_all_measured(configs: list[SweepConfig]) -> None:
    events = list(sweeps(configs))
    assert [event for event in events if isinstance(event, MeasurementFailed)] == []
    taken = [event for event in events if isinstance(event, MeasurementTaken)]
    assert len(taken) == sum(len(config.dtypes) * len(config.steps) for config in configs)
    for event in taken:
        assert event.median_s >= 2e-3 * (1 - 1e-6)  # one kernel at least, as far as floats tell
        assert event.joules is not None
        if event.precision_reason is None:  # a CPU has no TF32, so that float32 ran in its place
            assert event.precision == ("float32" if event.dtype == "tf32" else event.dtype)


def formats(name: str) -> tuple[str, ...]:
    """Those that one reads something from: the first alone where kernels take long."""
    return WORKLOADS[name].dtypes[:1] if name in HEAVY else WORKLOADS[name].dtypes


def test_every_workload_runs_on_the_card_in_each_format_and_in_each_step() -> None:
    for name, workload in WORKLOADS.items():
        for dtype, step in itertools.product(formats(name), workload.steps):
            assert support(workload, dtype, DEVICE, step) is None


def test_each_kind_of_workload_is_measured_thoroughly_in_each_step_and_each_family_in_each_format(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(energy, "_MIN_S", 0.6)  # a figure comes of six samples; 2 s are a thousand kernels
    configs, families = [], set()
    for name, workload in WORKLOADS.items():
        if IN_PLACE_OF.get(name, name) == name:
            configs.append(smallest(name, workload.dtypes[:1], workload.steps))
            if name not in HEAVY and workload.family not in families and workload.dtypes[1:]:
                families.add(workload.family)
                configs.append(smallest(name, workload.dtypes[1:], workload.steps[:1]))
    assert_all_measured(configs)


@pytest.mark.slow
def test_every_workload_is_measured_thoroughly_in_each_format_of_each_step() -> None:
    assert_all_measured([smallest(name, w.dtypes, w.steps) for name, w in WORKLOADS.items()])


def test_a_kernel_is_timed_exactly_cold_and_hot() -> None:
    x = torch.ones(8, device=DEVICE)
    *_, known = time_operation(lambda: x.add_(1), DEVICE, max_seconds=0.5)
    assert known.median_s == pytest.approx(2e-3, rel=1e-6)
    assert min(known.cold.times_s) == pytest.approx(2e-3, rel=1e-6)
    assert known.cold.reason is None


def test_the_quick_suite_runs_on_the_card_and_gives_speed_ups() -> None:
    configs = planned(SUITES["quick"], {"max_seconds": 0.05, "devices": ("cpu", DEVICE), "thorough": False})
    events = list(sweeps(configs))
    assert isinstance(events[-1], SweepFinished)
    failed = [event for event in events if isinstance(event, MeasurementFailed)]
    assert [event for event in failed if event.device != "cpu"] == []  # nothing has to be brought to a CPU
    records = [event_record(event) for event in events]
    curves = speedup_curves(records)
    assert {curve.device for curve in curves} == {DEVICE}
    against_cpu = speedups(records)
    assert all(entry.low <= entry.ratio <= entry.high for entry in against_cpu)
    assert any(said.startswith(f"{curves[0].series} overtakes ") for said in crossings(records))
    assert against_random(records)


def test_the_monitor_reads_all_that_the_cards_driver_reports() -> None:
    source = AcceleratorSource()
    source.read(0.0)
    (card,) = source.read(20.0)
    assert card.readings["power"].value == pytest.approx(654.321)
    assert card.readings["temperature"].value == 61
    assert isinstance(card.processes, tuple)
    assert {listed.process.pid for listed in card.processes} >= {77}


def test_a_quick_check_rates_the_card_and_its_link_and_says_from_where_it_pays() -> None:
    *_, verdict = quick_check(QuickCheckConfig(devices=("cpu", DEVICE), max_seconds=8.0))
    of_card = {one.subject: one for one in verdict.findings if one.device == DEVICE}
    assert of_card["Smallest call"].rating in (POOR, UNKNOWN)  # 2 ms, where a card needs 4 µs
    assert of_card["Smallest call"].measured == pytest.approx(2e-3, rel=0.01)
    assert of_card["Link to the device"].measured == pytest.approx(20, rel=0.05)  # of the 63 of PCIe 5 x16
    assert of_card["Link to the device"].rating in (POOR, UNKNOWN)
    assert of_card["Steadiness"].rating == GOOD
    assert "Matrix product in float32" in of_card


def test_a_card_under_load_is_watched_and_every_result_of_it_is_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "_SIDES", (128,))  # which the processor computes in no time
    events = list(stress(StressConfig(devices=(DEVICE,), minutes=0.06)))
    samples = [event for event in events if isinstance(event, StressSampled)]
    assert samples[-1].readings["temperature"].value == 61
    assert samples[-1].products > 0
    ended = events[-1]
    assert isinstance(ended, StressEnded)
    assert (ended.wrong, ended.hottest, ended.stopped_by) == (0, 61, TIME_IS_UP)


def test_what_has_to_be_brought_to_the_card_makes_it_less_fast() -> None:
    plain = {"thorough": False, "devices": ("cpu", DEVICE)}
    there_and_back = ("host_to_device", "device_to_host")
    configs = [
        replace(smallest(name, ("float32",), ("forward",)), **plain) for name in ("gemm", *there_and_back)
    ]
    records = [event_record(event) for event in sweeps(configs)]
    (curve,) = speedup_curves(records)
    assert curve.with_transfers < curve.ratios
    on_cpu = [record for record in records if record.get("device") == "cpu"]
    assert {entry.reference for entry in speedups(on_cpu)} == {entry.series for entry in speedups(on_cpu)}
    assert speedup_curves(on_cpu) == []


def test_a_suite_that_is_out_of_time_says_what_it_skipped() -> None:
    events = list(sweeps([smallest("gemm", ("float32",), ("forward",))], within_s=0.0))
    (skipped,) = [event for event in events if isinstance(event, PointsSkipped)]
    assert skipped.points == ("gemm, cuda:0, float32, size 64",)


def test_a_card_that_is_not_there_is_told_beside_one_that_is() -> None:
    config = replace(smallest("gemm", ("float32",), ("forward",)), devices=(DEVICE, "cuda:3"))
    events = list(sweeps([config]))
    (absent,) = [event for event in events if isinstance(event, DeviceAbsent)]
    assert absent.device == "cuda:3"
    assert sum(isinstance(event, MeasurementTaken) for event in events) == 1


def test_roofs_are_below_those_of_the_card() -> None:
    config = RooflineConfig(
        devices=(DEVICE,), dtypes=("float32", "bfloat16", "int8"), threads=(1,), max_seconds=4.0
    )
    events = list(roofline(config))
    roof = next(event for event in events if isinstance(event, RoofMeasured))
    assert set(roof.gflops) == set(config.dtypes)
    assert all(1.0 < rate <= 5.001 for rate in roof.gflops.values())  # sizes that fit so little time
    assert roof.gbps == pytest.approx(1.0, rel=0.01)
    assert [event for event in events if isinstance(event, FormatAbsent) and event.device == DEVICE] == []


def test_the_search_finds_a_product_that_reaches_the_cards_peak() -> None:
    axis = (64, 128, 192, 256)
    *_, best = best_matmul.search(best_matmul.measured_rate(DEVICE, "float32", 256), axis, 60.0)
    again = best_matmul.measured_rate(DEVICE, "float32", 256)(best.shape)
    assert (best.gflops, again) == pytest.approx((5.0, 5.0), rel=0.01)
    assert len(list(best_matmul.every_shape(axis))) == 64


def test_waiting_for_a_quiet_machine_ends_with_what_still_disturbs() -> None:
    *_, last = wait_until_quiet(DEVICE, 0.3)
    assert "the clock was held down by heat" in last


def test_a_disturbed_figure_is_measured_again_and_keeps_its_mark() -> None:
    config = replace(smallest("gemm", ("float32",), ("forward",)), quiet_wait_s=0.2)
    (taken,) = [event for event in sweeps([config]) if isinstance(event, MeasurementTaken)]
    assert "the clock was held down by heat" in taken.contamination


def test_roofs_that_cannot_be_found_have_their_reason() -> None:
    torch.simulated_card.simulated_fail(0, b"aten::mm", b"CUDA error: no kernel image is available")
    torch.simulated_card.simulated_fail(0, b"aten::copy_", b"CUDA error: an illegal access")
    try:
        events = list(
            roofline(RooflineConfig(devices=(DEVICE, "cuda:3"), dtypes=("float32",), max_seconds=1.0))
        )
    finally:
        torch.simulated_card.simulated_mend(0)
    reasons = {event.reason for event in events if isinstance(event, FormatAbsent | DeviceAbsent)}
    assert {"CUDA error: no kernel image is available", "There is no cuda:3; torch finds cuda:0"} <= reasons


def test_a_card_that_cannot_multiply_is_one_failed_device_and_the_cpu_is_measured() -> None:
    torch.simulated_card.simulated_fail(0, b"aten::mm", b"CUDA error: no kernel image is available")
    try:
        config = RooflineConfig(
            devices=(DEVICE, "cpu"), dtypes=("float32", "float8"), threads=(2,), max_seconds=2.0
        )
        events = list(roofline(config))
    finally:
        torch.simulated_card.simulated_mend(0)
    (absent,) = [event for event in events if isinstance(event, DeviceAbsent)]
    assert absent.device == DEVICE
    assert "no kernel image is available" in absent.reason
    (roof,) = [event for event in events if isinstance(event, RoofMeasured)]
    assert roof.device == "cpu"
    assert roof.gflops["float32"] > 0


def test_the_best_product_is_found_in_the_memory_that_is_left() -> None:
    held = torch.empty(470 << 20, dtype=torch.uint8, device=DEVICE)
    config = RooflineConfig(devices=(DEVICE,), dtypes=("float32",), max_seconds=2.0)
    events = list(roofline(config))
    del held
    (roof,) = [event for event in events if isinstance(event, RoofMeasured)]
    assert 0.1 < roof.gflops["float32"] <= 5.001


def test_a_card_that_is_lost_in_the_middle_keeps_what_was_found() -> None:
    events: list[object] = []
    try:
        for event in roofline(RooflineConfig((DEVICE,), ("float32", "bfloat16"), (1,), max_seconds=3.0)):
            events.append(event)
            if isinstance(event, PeakFound):
                torch.simulated_card.simulated_fail(
                    0, b"aten::mm", b"CUDA error: the GPU has fallen off the bus"
                )
    finally:
        torch.simulated_card.simulated_mend(0)
    (peak,) = [event for event in events if isinstance(event, PeakFound)]
    (absent,) = [event for event in events if isinstance(event, DeviceAbsent)]
    assert peak.dtype == "float32"
    assert "fallen off the bus" in absent.reason


def test_a_bandwidth_that_cannot_be_copied_has_its_reason() -> None:
    events: list[object] = []
    try:
        for event in roofline(RooflineConfig((DEVICE,), ("float32",), (1,), max_seconds=2.0)):
            events.append(event)
            if isinstance(event, PeakFound):
                torch.simulated_card.simulated_fail(0, b"aten::copy_", b"CUDA error: an illegal access")
    finally:
        torch.simulated_card.simulated_mend(0)
    (found,) = [event for event in events if isinstance(event, BandwidthFound)]
    assert found.gbps is None
    assert "an illegal access" in str(found.reason)


def test_a_card_without_memory_for_any_product_says_so() -> None:
    torch.simulated_card.simulated_fail(0, b"aten::normal_", b"CUDA error: out of memory")
    try:
        events = list(roofline(RooflineConfig((DEVICE,), ("float32",), (1,), max_seconds=1.0)))
    finally:
        torch.simulated_card.simulated_mend(0)
    (absent,) = [event for event in events if isinstance(event, FormatAbsent)]
    assert "out of memory" in absent.reason


def test_results_on_the_card_tell_which_precision_ran() -> None:
    exact = torch.rand(64, dtype=torch.float64) + 1
    rounded = exact.to(torch.bfloat16).to(DEVICE)
    assert really_ran((rounded, exact), "bfloat16").ran == "bfloat16"
    assert "explains" in str(really_ran((2 * rounded, exact), "bfloat16").reason)
    assert "not finite" in str(really_ran((rounded / 0, exact), "bfloat16").reason)
    whole = torch.arange(4, device=DEVICE)
    assert really_ran((whole, torch.arange(4)), "int8").ran == "int8"
    assert "whole numbers" in str(really_ran((whole + 1, torch.arange(4)), "int8").reason)


def test_caches_that_cannot_be_flushed_have_a_reason() -> None:
    held = torch.empty(490 << 20, dtype=torch.uint8, device=DEVICE)
    assert "more memory than is free" in str(flush_for(DEVICE))
    del held
    assert not isinstance(flush_for(DEVICE), str)
    *_, on_cpu = time_operation(lambda: None, "cpu", max_seconds=0.05)
    assert on_cpu.cold.times_s or on_cpu.cold.reason


def test_an_activations_cost_is_measured_on_the_card() -> None:
    events = list(cost(_COST))
    assert [event for event in events if isinstance(event, MeasurementFailed)] == []
    assert sum(isinstance(event, MeasurementTaken) for event in events) == 4


def test_an_operator_that_the_card_cannot_do_is_one_failed_point() -> None:
    torch.simulated_card.simulated_fail(0, b"aten::gelu", b"CUDA error: no kernel image is available")
    try:
        config = SweepConfig(workload="activation_gelu", sizes=(1024,), devices=(DEVICE,), max_seconds=0.05)
        events = list(sweeps([config]))
    finally:
        torch.simulated_card.simulated_mend(0)
    reasons = {event.reason for event in events if isinstance(event, MeasurementFailed)}
    assert reasons == {"CUDA error: no kernel image is available"}


def test_memory_is_given_back() -> None:
    before = torch.cuda.memory_allocated(DEVICE)
    list(sweeps([smallest("gemm", ("float32",), ("forward",))]))
    assert torch.cuda.memory_allocated(DEVICE) == before


def test_noise_is_measured_before_thorough_points() -> None:
    events = kinds(sweeps([smallest("gemm", ("float32",), ("forward",))]))
    assert events.index(NoiseMeasured) < events.index(RoofMeasured) < events.index(MeasurementTaken)


def kinds(events: Iterator[Any]) -> list[type]:
    return [type(event) for event in events]
