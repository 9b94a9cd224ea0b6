"""Everything that is measured, on a simulated card whose kernels take milliseconds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from core.events import event_record
from core.timing.activation_cost.config import CostConfig
from core.timing.activation_cost.job import cost
from core.timing.measure.clock import time_operation
from core.timing.results.events import (
    MeasurementFailed,
    MeasurementTaken,
    NoiseMeasured,
    RoofMeasured,
    SweepFinished,
)
from core.timing.roofline.config import RooflineConfig
from core.timing.roofline.job import roofline
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.speedup import speedup_curves
from core.timing.sweeps.suites import SUITES, planned
from core.timing.sweeps.sweep import sweeps
from core.timing.workloads import WORKLOADS

DEVICE = "cuda:0"
# Their kernels take the CPU long to compute.
HEAVY = ("resnet18_step", "conv2d")
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
        assert event.median_s >= 2e-3  # one kernel at least
        assert event.joules is not None
        if event.precision_reason is None:  # a CPU has no TF32, so that float32 ran in its place
            assert event.precision == ("float32" if event.dtype == "tf32" else event.dtype)


def test_every_workload_is_measured_thoroughly_in_each_format_and_in_each_step() -> None:
    configs = []
    for name, workload in WORKLOADS.items():
        formats = workload.dtypes[:1] if name in HEAVY else workload.dtypes
        configs.append(smallest(name, formats, workload.steps[:1]))
        if others := workload.steps[1:]:
            configs.append(smallest(name, workload.dtypes[:1], others))
    assert_all_measured(configs)


@pytest.mark.slow
def test_every_workload_is_measured_thoroughly_in_each_format_of_each_step() -> None:
    assert_all_measured([smallest(name, w.dtypes, w.steps) for name, w in WORKLOADS.items()])


def test_a_kernel_is_timed_exactly_cold_and_hot() -> None:
    x = torch.ones(8, device=DEVICE)
    *_, known = time_operation(lambda: x.add_(1), DEVICE, max_seconds=0.5)
    assert known.median_s == pytest.approx(2e-3, rel=1e-6)
    assert known.cold.times_s == pytest.approx([2e-3] * len(known.cold.times_s), rel=1e-6)
    assert (known.launches_hidden, known.cold.reason) == (True, None)


def test_the_quick_suite_runs_on_the_card_and_gives_speed_ups() -> None:
    configs = planned(SUITES["quick"], {"max_seconds": 0.05, "devices": ("cpu", DEVICE), "thorough": False})
    events = list(sweeps(configs))
    assert isinstance(events[-1], SweepFinished)
    assert [event for event in events if isinstance(event, MeasurementFailed)] == []
    curves = speedup_curves([event_record(event) for event in events])
    assert {curve.device for curve in curves} == {DEVICE}
    assert {config.workload for config in configs} > {curve.workload for curve in curves} > {"gemm"}


def test_roofs_are_those_of_the_card() -> None:
    config = RooflineConfig(devices=(DEVICE,), dtypes=("float32", "bfloat16", "int8"), max_seconds=20.0)
    (roof,) = [event for event in roofline(config) if isinstance(event, RoofMeasured)]
    assert roof.gflops == pytest.approx(dict.fromkeys(config.dtypes, 5.0), rel=0.05)
    assert roof.gbps == pytest.approx(1.0, rel=0.01)


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
