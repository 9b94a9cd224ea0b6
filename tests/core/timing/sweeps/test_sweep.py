"""A sweep measures every point that was asked for, says what it ran on, and leaves torch as it was."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from core import torch_devices
from core.devices import usable_cores
from core.errors import InvalidRequest
from core.events import Progress, event_record
from core.statistics import median_interval
from core.timing.results.events import (
    DeviceAbsent,
    DeviceSampled,
    EnvironmentRead,
    MeasurementFailed,
    MeasurementTaken,
    SweepFinished,
)
from core.timing.sweeps.config import SweepConfig, points
from core.timing.sweeps.sweep import sweep
from core.timing.workloads import WORKLOADS, axes

QUICK = {"max_seconds": 0.1, "target_ci": 0.2}


def kept(config: SweepConfig) -> list[Any]:
    return [event for event in sweep(config) if not isinstance(event, Progress)]


@pytest.fixture(scope="module")
def events() -> list[Any]:
    return kept(SweepConfig(sizes=(32, 16), dtypes=("float32", "bfloat16"), threads=(1, 0), **QUICK))


def test_the_environment_comes_first_and_the_end_last(events: list[Any]) -> None:
    assert isinstance(events[0], EnvironmentRead)
    assert isinstance(events[-1], SweepFinished)
    assert events[-1].measurements == sum(isinstance(event, MeasurementTaken) for event in events)


def test_every_combination_is_measured_once_small_sizes_first(events: list[Any]) -> None:
    taken = [event for event in events if isinstance(event, MeasurementTaken)]
    asked = {
        (size, dtype, "cpu", threads)
        for size in (16, 32)
        for dtype in ("float32", "bfloat16")
        for threads in {1, usable_cores()}
    }
    assert {(event.size, event.dtype, event.device, event.threads) for event in taken} == asked
    assert len(taken) == len(asked)
    assert [event.size for event in taken] == sorted(event.size for event in taken)


def test_figures_follow_from_the_raw_samples(events: list[Any]) -> None:
    for event in events:
        if isinstance(event, MeasurementTaken):
            assert event.samples == len(event.times_s) >= 6
            assert event.median_s == statistics.median(event.times_s)
            assert (event.ci_low_s, event.ci_high_s) == median_interval(event.times_s, seed=0)
            assert event.gflops == pytest.approx(2 * event.size**3 / event.median_s / 1e9)
            assert event.gflops_low <= event.gflops <= event.gflops_high
            assert event.stopped_by in ("target", "time limit")


def test_the_cpu_is_read_after_each_measurement(events: list[Any]) -> None:
    for event, following in pairwise(events):
        if isinstance(event, MeasurementTaken):
            assert isinstance(following, DeviceSampled)
            assert following.device == "cpu"
            assert {"utilisation", "clock", "temperature", "memory_used"} <= set(following.readings)


def test_records_are_plain_json(events: list[Any]) -> None:
    for event in events:
        assert json.loads(json.dumps(event_record(event), allow_nan=False)) == event_record(event)


def test_an_absent_device_is_reported_and_the_others_still_run() -> None:
    found = kept(SweepConfig(sizes=(16,), dtypes=("float32",), devices=("cuda:99", "cpu"), **QUICK))
    absent = [event for event in found if isinstance(event, DeviceAbsent)]
    assert [event.device for event in absent] == ["cuda:99"]
    assert absent[0].reason
    assert sum(isinstance(event, MeasurementTaken) for event in found) == 1


def test_torch_is_left_as_it_was_also_when_stopped_in_the_middle() -> None:
    before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        running: Iterator[Any] = sweep(SweepConfig(sizes=(64,), threads=(1,), max_seconds=5, target_ci=0.001))
        for event in running:
            if isinstance(event, Progress) and event.rate_per_s:
                assert torch.get_num_threads() == 1
                assert torch.get_float32_matmul_precision() == "highest"
                break
        running.close()  # type: ignore[attr-defined]
        assert torch.get_float32_matmul_precision() == "medium"
        assert torch.get_num_threads() == before[0]
    finally:
        torch.set_float32_matmul_precision(before[1])


def test_a_long_measurement_can_be_stopped_or_paused_many_times() -> None:
    # How long a block may be is tested with the clock's own tests.
    seen = 0
    for event in sweep(SweepConfig(sizes=(384,), dtypes=("float32",), threads=(1,), max_seconds=60)):
        seen += isinstance(event, Progress) and event.rate_per_s is not None
        if seen >= 5:
            break
    assert seen == 5


def test_progress_never_goes_back_and_ends_full() -> None:
    seen = [event for event in sweep(SweepConfig(sizes=(8, 16), **QUICK)) if isinstance(event, Progress)]
    assert all(event.done <= following.done for event, following in pairwise(seen))
    assert seen[-1].done == seen[-1].total == len(points(SweepConfig(sizes=(8, 16)), ["cpu"]))


def test_a_point_that_the_device_cannot_do_is_reported_and_the_rest_continues(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = WORKLOADS["gemm"]

    def without_bfloat16(size: int, dtype: str, *others: Any) -> Any:
        if dtype == "bfloat16":
            torch.empty(2**62)  # torch's own words for more memory than there can be
        return real.prepare(size, dtype, *others)

    monkeypatch.setitem(WORKLOADS, "gemm", replace(real, prepare=without_bfloat16))
    found = kept(SweepConfig(sizes=(16,), dtypes=("bfloat16", "float32"), **QUICK))
    failed = [event for event in found if isinstance(event, MeasurementFailed)]
    assert [event.dtype for event in failed] == ["bfloat16"]
    assert failed[0].reason
    assert [event.dtype for event in found if isinstance(event, MeasurementTaken)] == ["float32"]


def on_a_card_that_fails(monkeypatch: pytest.MonkeyPatch, *failing: str) -> None:
    """A GPU that torch lists, on which these workloads raise, and nothing works from then on."""
    works = [True]

    def failure(device: str) -> str | None:
        return None if device == "cpu" or works[0] else "The card is lost"

    monkeypatch.setattr(torch_devices, "unavailable_reason", lambda device: None)
    monkeypatch.setattr(torch_devices, "failure", failure)
    identity = SimpleNamespace(uuid="aaaa0000-1111-2222-3333-444455556666")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: identity)
    for name in failing:
        real = WORKLOADS[name]

        def prepare(size: int, dtype: str, device: str, *others: Any, real: Any = real) -> Any:
            if device != "cpu":
                works[0] = False
                raise RuntimeError("CUDA error: unspecified launch failure")
            return real.prepare(size, dtype, device, *others)

        monkeypatch.setitem(WORKLOADS, name, replace(real, prepare=prepare))


@pytest.mark.parametrize("thorough", [False, True])
def test_a_card_that_stops_working_is_one_failed_device_and_the_cpu_goes_on(
    monkeypatch: pytest.MonkeyPatch, thorough: bool
) -> None:
    on_a_card_that_fails(monkeypatch, "gemm")
    found = kept(
        SweepConfig(
            sizes=(8, 16),
            dtypes=("float32",),
            devices=("cuda:0", "cpu"),
            threads=(1,),
            thorough=thorough,
            max_seconds=0.05,
            target_ci=0.2,
        )
    )
    absent = [event for event in found if isinstance(event, DeviceAbsent)]
    assert [(event.device, event.reason) for event in absent] == [("cuda:0", "The card is lost")]
    taken = [event for event in found if isinstance(event, MeasurementTaken)]
    assert [(event.device, event.size) for event in taken] == [("cpu", 8), ("cpu", 16)]
    assert not [event for event in found if isinstance(event, MeasurementFailed)]


def test_a_card_whose_memory_others_fill_does_not_stop_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_devices, "unavailable_reason", lambda device: None)
    monkeypatch.setattr(axes, "free_memory_bytes", lambda device: 2**34 if device == "cpu" else 2 * 2**10)
    config = SweepConfig(sizes=(64,), dtypes=("float32",), devices=("cuda:0", "cpu"), threads=(1,), **QUICK)
    found = kept(config)
    (absent,) = [event for event in found if isinstance(event, DeviceAbsent)]
    assert absent.reason == "It has 2 KiB of memory free, and the smallest point needs 48 KiB"
    assert [event.device for event in found if isinstance(event, MeasurementTaken)] == ["cpu"]
    with pytest.raises(InvalidRequest, match="needs about 48 KiB, and cuda:0 has 2 KiB free"):
        replace(config, devices=("cuda:0",))
