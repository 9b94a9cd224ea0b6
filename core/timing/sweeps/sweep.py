"""Measure workloads over every combination that their configs ask for, small sizes first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core import devices, torch_devices, torch_precision
from core.events import Progress
from core.lazy import LazyModule
from core.timing.measure.environment import environment_of
from core.timing.measure.sampling import Sampled, Sampler
from core.timing.results.events import (
    SCHEMA,
    DeviceAbsent,
    DeviceSampled,
    EnvironmentRead,
    MeasurementFailed,
    MeasurementTaken,
    PointsSkipped,
    RoofMeasured,
    SweepFinished,
)
from core.timing.sweeps.config import Point, SweepConfig, points, without_room

if TYPE_CHECKING:
    from core.timing.sweeps import point as measuring
    from core.timing.sweeps import profile
else:
    measuring = LazyModule("core.timing.sweeps.point")
    profile = LazyModule("core.timing.sweeps.profile")


def sweep(config: SweepConfig) -> Iterator[Any]:
    """One workload; see sweeps() for the events."""
    return sweeps((config,))


def sweeps(
    configs: Sequence[SweepConfig], within_s: float | None = None, roofs: Sequence[RoofMeasured] = ()
) -> Iterator[Any]:
    """Yields EnvironmentRead; DeviceAbsent for each device that is not here, or fails; NoiseMeasured and
    RoofMeasured where a config is thorough; for each point MeasurementTaken (or MeasurementFailed) and
    DeviceSampled; PointsSkipped for those that did not fit into within_s seconds; SweepFinished. Progress
    comes between samples. roofs: those that are known already.
    """
    work = _Work()
    environment = environment_of(device for config in configs for device in config.devices)
    yield EnvironmentRead(SCHEMA, datetime.now(UTC).isoformat(timespec="seconds"), environment)
    # Before torch is imported, which takes a second or two.
    yield Progress(0, sum(len(points(config, config.devices)) for config in configs), "points")
    asked = dict.fromkeys(device for config in configs for device in config.devices)
    absent = {device: reason for device in asked if (reason := _unusable(device, configs))}
    for device, reason in absent.items():
        yield DeviceAbsent(device, reason)
    todo = [
        (config, point)
        for config in configs
        for point in points(config, [device for device in config.devices if device not in absent])
    ]
    taken = 0
    with torch_precision.true_float32(), torch_devices.threads(None), torch_devices.gpu_memory_returned():
        for event in _measured(todo, within_s, roofs, work):
            taken += isinstance(event, MeasurementTaken)
            handed_over_s = time.perf_counter()
            yield event
            work.held_s += time.perf_counter() - handed_over_s
    yield Progress(len(todo), len(todo), "points")
    yield SweepFinished(taken, work.elapsed_s())


@dataclass
class _Work:
    """The time of a sweep, less what whoever takes its events has held it, as in a pause."""

    began_s: float = field(default_factory=time.perf_counter)
    held_s: float = 0.0

    def elapsed_s(self) -> float:
        """Seconds of work so far."""
        return time.perf_counter() - self.began_s - self.held_s


def _measured(
    todo: Sequence[tuple[SweepConfig, Point]],
    within_s: float | None,
    roofs: Sequence[RoofMeasured],
    work: _Work,
) -> Iterator[Any]:
    """Everything that is measured: first the devices, then the points, as far as the time goes."""
    profiles: dict[tuple[str, int | None], profile.DeviceProfile] = {}
    failed: set[str] = set()
    if within_s is None or within_s > 0:
        profiles = yield from _on_scale(_noting(profile.profiles(todo, roofs), failed), 0, len(todo))
    for done, (config, point) in enumerate(todo):
        if point.device in failed:
            continue
        if within_s is not None and work.elapsed_s() > within_s:
            yield _skipped([point for _, point in todo[done:] if point.device not in failed], within_s)
            return
        yield Progress(done, len(todo), "points", between=True)
        known = profiles.get((point.device, point.threads)) if config.thorough else None
        yield from _on_scale(_noting(_one_point(config, point, known, work), failed), done, len(todo))


def _unusable(device: str, configs: Sequence[SweepConfig]) -> str | None:
    """Why nothing can be measured on a device: it is not here, it cannot work, or its memory is full."""
    of = [config for config in configs if device in config.devices]
    return torch_devices.unavailable_reason(device) or (
        without_room(device, of) if device != "cpu" and of else None
    )


def _noting(events: Any, failed: set[str]) -> Any:
    """The same events; devices that they say to be absent are added to `failed`. Returns what they return."""
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            return end.value
        if isinstance(event, DeviceAbsent):
            failed.add(event.device)
        yield event


def _on_scale(events: Any, done: int, total: int) -> Any:
    """The same events, with Progress of one point counted in all points; returns what they return."""
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            return end.value
        if isinstance(event, Progress):
            fraction = min(event.done / event.total, 1.0) if event.unit == "points" else 0.0
            event = Progress(done + fraction, total, "points", event.rate_per_s, event.rate_unit)
        yield event


def _one_point(
    config: SweepConfig, point: Point, known: profile.DeviceProfile | None, work: _Work
) -> Iterator[Any]:
    """Measure one point: Progress, then MeasurementTaken and DeviceSampled, or MeasurementFailed.

    DeviceAbsent where the device itself has failed.
    """
    mark = devices.mark()
    try:
        sampler = Sampler(point.device)
        taken = yield from measuring.measure_point(config, point, known, sampler)
    except torch_devices.DEVICE_ERRORS as error:
        if reason := torch_devices.failure(point.device):
            yield DeviceAbsent(point.device, reason)
            return
        yield MeasurementFailed(
            point.workload,
            point.size,
            point.dtype,
            point.device,
            point.threads,
            torch_devices.device_error(error),
            point.step,
            point.data,
        )
        return
    yield taken
    yield from _sampled(point, work, mark, sampler.sampled())


def _sampled(point: Point, work: _Work, mark: devices.Mark, sampled: Sampled) -> Iterator[DeviceSampled]:
    """The readings of the CPU, which feeds every device, and of the device that worked."""
    # The accelerator first: it cools and slows down within moments.
    for device in dict.fromkeys([point.device, "cpu"]):
        readings = devices.read(torch_devices.readable_id(device), mark)
        own = sampled if device == point.device else Sampled()
        yield DeviceSampled(
            device,
            work.elapsed_s(),
            str(point),
            {**readings, **own.readings},
            own.highest,
            own.samples,
        )


def _skipped(points_left: Sequence[Point], within_s: float) -> PointsSkipped:
    names = tuple(f"{point.workload}, {point}" for point in points_left)
    return PointsSkipped(names, f"the {within_s:.0f} s for all of them were used up")
