"""Measure one workload over every combination that a config asks for, small sizes first."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core import devices
from core.events import Progress
from core.timing.config import SweepConfig
from core.timing.dtypes import DTYPE_BYTES
from core.timing.events import (
    SCHEMA,
    DeviceAbsent,
    DeviceSampled,
    EnvironmentRead,
    MeasurementFailed,
    MeasurementTaken,
    SweepFinished,
)
from core.timing.workloads import WORKLOADS


@dataclass(frozen=True)
class Point:
    """One combination to measure. threads is None where CPU threads play no part."""

    size: int
    dtype: str
    device: str
    threads: int | None

    def __str__(self) -> str:
        threads = "" if self.threads is None else f", {self.threads} thread{'s' * (self.threads != 1)}"
        return f"{self.device}, {self.dtype}, size {self.size}{threads}"


def sweep(config: SweepConfig) -> Iterator[Any]:
    """Yields EnvironmentRead; DeviceAbsent for each device that is not here; for each point MeasurementTaken
    (or MeasurementFailed) and DeviceSampled; SweepFinished. Progress comes between samples.
    """
    began = time.perf_counter()
    yield EnvironmentRead(SCHEMA, datetime.now(UTC).isoformat(timespec="seconds"), devices.environment())
    yield Progress(0, len(points(config, config.devices)), "points")
    from core.timing.present import why_absent  # imports torch, which takes a second or two

    absent = {device: reason for device in config.devices if (reason := why_absent(device))}
    for device, reason in absent.items():
        yield DeviceAbsent(device, reason)
    todo = points(config, [device for device in config.devices if device not in absent])
    taken = 0
    with _plain_torch():
        for done, point in enumerate(todo):
            for event in _measured(config, point, began, done, len(todo)):
                taken += isinstance(event, MeasurementTaken)
                yield event
    yield Progress(len(todo), len(todo), "points")
    yield SweepFinished(taken, time.perf_counter() - began)


def points(config: SweepConfig, on: Iterator[str] | list[str] | tuple[str, ...]) -> list[Point]:
    """Every combination on these devices, each once: all series grow together, from small to large."""
    usable = devices.usable_cores()
    every = [
        Point(size, dtype, f"{device}:0" if device == "cuda" else device, threads)
        for size in sorted(config.sizes)
        for device in on
        for dtype in config.dtypes
        for threads in ([count or usable for count in config.threads] if device == "cpu" else [None])
    ]
    return list(dict.fromkeys(every))


def _measured(config: SweepConfig, point: Point, began: float, done: int, total: int) -> Iterator[Any]:
    """Measure one point: Progress, then MeasurementTaken and DeviceSampled, or MeasurementFailed."""
    import torch

    from core.timing.clock import measure
    from core.timing.timers import timer_for

    workload = WORKLOADS[config.workload]
    flops = workload.flops(point.size)
    if point.threads is not None:
        torch.set_num_threads(point.threads)
    mark = devices.mark()
    yield Progress(done, total, "points")
    try:
        operation = workload.prepare(point.size, point.dtype, point.device, config.seed)
        timer = timer_for(point.device)
        for timing in measure(operation, timer, config.target_ci, config.max_seconds, config.seed):
            share = min(0.99, timing.elapsed_s / config.max_seconds)
            yield Progress(done + share, total, "points", flops / timing.median_s / 1e9, "GFLOP")
    except (
        RuntimeError,
        TypeError,
    ) as error:  # what torch raises for a format or an amount that it cannot do
        reason = str(error).strip().splitlines()[0]
        yield MeasurementFailed(config.workload, point.size, point.dtype, point.device, point.threads, reason)
        return
    assert timing.interval_s is not None
    low_s, high_s = timing.interval_s
    moved = workload.bytes_moved(point.size, DTYPE_BYTES[point.dtype])
    yield MeasurementTaken(
        workload=config.workload,
        size=point.size,
        dtype=point.dtype,
        device=point.device,
        threads=point.threads,
        median_s=timing.median_s,
        ci_low_s=low_s,
        ci_high_s=high_s,
        samples=len(timing.times_s),
        gflops=flops / timing.median_s / 1e9,
        gflops_low=flops / high_s / 1e9,
        gflops_high=flops / low_s / 1e9,
        stopped_by=str(timing.stopped_by),
        repeats=timing.repeats,
        first_call_s=timing.first_call_s,
        timer_overhead=timing.timer_overhead,
        elapsed_s=timing.elapsed_s,
        flops=flops,
        bytes_moved=moved,
        times_s=timing.times_s,
        gbps=moved / timing.median_s / 1e9,
        arithmetic_intensity=flops / moved,
        outliers=timing.outliers,
    )
    yield from _sampled(point, began, mark)


def _sampled(point: Point, began: float, mark: devices.Mark) -> Iterator[DeviceSampled]:
    """The readings of the CPU, which feeds every device, and of the device that worked."""
    from core.timing.present import readable_id

    # The accelerator first: it cools and slows down within moments.
    for device in dict.fromkeys([point.device, "cpu"]):
        readings = devices.read(readable_id(device), mark)
        yield DeviceSampled(device, time.perf_counter() - began, str(point), readings)


@contextmanager
def _plain_torch() -> Iterator[None]:
    """float32 means float32 (neither TF32 nor bfloat16 inside), and what is set here is put back after."""
    import torch

    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.set_num_threads(threads)
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()  # a process that stays gives the GPU's memory back to others
