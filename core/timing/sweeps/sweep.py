"""Measure workloads over every combination that their configs ask for, small sizes first."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core import devices
from core.events import Progress
from core.timing.results.events import (
    SCHEMA,
    DeviceAbsent,
    DeviceSampled,
    EnvironmentRead,
    MeasurementFailed,
    MeasurementTaken,
    NoiseMeasured,
    PointsSkipped,
    RoofMeasured,
    SweepFinished,
)
from core.timing.sweeps.config import SweepConfig

if TYPE_CHECKING:
    from core.timing.roofline.quick import Machine

# Getting to know a device takes no longer than this for each of its noise and its roof.
_MAX_PRELIMINARY_S = 1.0


@dataclass(frozen=True)
class Point:
    """One combination to measure. threads is None where CPU threads play no part."""

    workload: str
    size: int
    dtype: str
    device: str
    threads: int | None
    step: str = "forward"
    data: str = "random"

    def __str__(self) -> str:
        parts = [self.device, self.dtype, f"size {self.size}"]
        if self.threads is not None:
            parts.append(f"{self.threads} thread{'s' * (self.threads != 1)}")
        parts += [self.step] if self.step != "forward" else []
        parts += [self.data] if self.data != "random" else []
        return ", ".join(parts)


def sweep(config: SweepConfig) -> Iterator[Any]:
    """One workload; see sweeps() for the events."""
    return sweeps((config,))


def sweeps(
    configs: Sequence[SweepConfig], within_s: float | None = None, roofs: Sequence[RoofMeasured] = ()
) -> Iterator[Any]:
    """Yields EnvironmentRead; DeviceAbsent for each device that is not here; NoiseMeasured and RoofMeasured
    where a config is thorough; for each point MeasurementTaken (or MeasurementFailed) and DeviceSampled;
    PointsSkipped for those that did not fit into within_s seconds; SweepFinished. Progress comes between
    samples. roofs: those that are known already.
    """
    began = time.perf_counter()
    yield EnvironmentRead(SCHEMA, datetime.now(UTC).isoformat(timespec="seconds"), devices.environment())
    yield Progress(0, sum(len(points(config, config.devices)) for config in configs), "points")
    from core.torch_devices import unavailable_reason  # imports torch, which takes a second or two

    asked = dict.fromkeys(device for config in configs for device in config.devices)
    absent = {device: reason for device in asked if (reason := unavailable_reason(device))}
    for device, reason in absent.items():
        yield DeviceAbsent(device, reason)
    todo = [
        (config, point)
        for config in configs
        for point in points(config, [device for device in config.devices if device not in absent])
    ]
    taken = 0
    with plain_torch():
        machines: dict[tuple[str, int | None], Machine] = {}
        for event in _preliminaries(todo, machines, roofs) if within_s is None or within_s > 0 else ():
            yield Progress(0, len(todo), "points") if event is None else event
        for done, (config, point) in enumerate(todo):
            if within_s is not None and time.perf_counter() - began > within_s:
                yield _skipped([point for _, point in todo[done:]], within_s)
                break
            machine = machines.get((point.device, point.threads))
            for event in _measured(config, point, machine, began, done, len(todo)):
                taken += isinstance(event, MeasurementTaken)
                yield event
    yield Progress(len(todo), len(todo), "points")
    yield SweepFinished(taken, time.perf_counter() - began)


def points(config: SweepConfig, on: Iterable[str]) -> list[Point]:
    """Every combination on these devices, each once: all series grow together, from small to large."""
    usable = devices.usable_cores()
    every = [
        Point(
            config.workload, size, dtype, f"{device}:0" if device == "cuda" else device, threads, step, data
        )
        for size in sorted(config.sizes)
        for device in on
        for dtype in config.dtypes
        for threads in ([count or usable for count in config.threads] if device == "cpu" else [None])
        for step in config.steps
        for data in config.data
    ]
    return list(dict.fromkeys(every))


def _preliminaries(
    todo: Sequence[tuple[SweepConfig, Point]],
    machines: dict[tuple[str, int | None], Machine],
    roofs: Sequence[RoofMeasured],
) -> Iterator[NoiseMeasured | RoofMeasured | None]:
    """Fill in what is to be known of each device and thread count before their first thorough point.

    Yields the events of that, and None in between.
    """
    from core.timing.measure.clock import torch_threads
    from core.timing.roofline.quick import Machine, flush, noise, quick_roofline

    thorough = [(config, point) for config, point in todo if config.thorough]
    flushes: dict[str, Any] = {}
    for where in dict.fromkeys((point.device, point.threads) for _, point in thorough):
        of = [(config, point) for config, point in thorough if (point.device, point.threads) == where]
        seconds = min(_MAX_PRELIMINARY_S, 2 * max(config.max_seconds for config, _ in of))
        dtypes = tuple(dict.fromkeys(point.dtype for _, point in of))
        floor = None
        roof = next((known for known in roofs if (known.device, known.threads) == where), None)
        with torch_threads(where[1]):
            for floor in noise(*where, seconds, of[0][0].seed, of[0][0].quiet_wait_s):
                yield floor
            if roof is None:
                for roof in quick_roofline(*where, dtypes, seconds):
                    yield roof
        if where[0] not in flushes:
            flushes[where[0]] = flush(where[0], max(config.max_seconds for config, _ in of))
        machines[where] = Machine(floor, roof, flushes[where[0]])


def _measured(
    config: SweepConfig, point: Point, machine: Machine | None, began: float, done: int, total: int
) -> Iterator[Any]:
    """Measure one point: Progress, then MeasurementTaken and DeviceSampled, or MeasurementFailed."""
    from core.timing.sweeps.point import measured

    yield Progress(done, total, "points")
    mark = devices.mark()
    try:
        for event in measured(config, point, machine):
            if isinstance(event, MeasurementTaken):
                yield event
            else:
                share, gflops = event
                yield Progress(done + share, total, "points", gflops, "GFLOP")
    # What torch raises for a format, an amount or an operation that a device cannot do.
    except (RuntimeError, TypeError, AttributeError, NotImplementedError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        yield MeasurementFailed(
            point.workload,
            point.size,
            point.dtype,
            point.device,
            point.threads,
            reason,
            point.step,
            point.data,
        )
        return
    yield from _sampled(point, began, mark)


def _sampled(point: Point, began: float, mark: devices.Mark) -> Iterator[DeviceSampled]:
    """The readings of the CPU, which feeds every device, and of the device that worked."""
    from core.torch_devices import readable_id

    # The accelerator first: it cools and slows down within moments.
    for device in dict.fromkeys([point.device, "cpu"]):
        readings = devices.read(readable_id(device), mark)
        yield DeviceSampled(device, time.perf_counter() - began, str(point), readings)


def _skipped(points_left: Sequence[Point], within_s: float) -> PointsSkipped:
    names = tuple(f"{point.workload}, {point}" for point in points_left)
    return PointsSkipped(names, f"the {within_s:.0f} s for all of them were used up")


@contextmanager
def plain_torch() -> Iterator[None]:
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
