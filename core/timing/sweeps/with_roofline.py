"""Roofs found first, then workloads measured under them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.events import Progress, event_record
from core.timing.results.events import DeviceAbsent, EnvironmentRead, RoofMeasured
from core.timing.results.table import Record
from core.timing.roofline.config import RooflineConfig
from core.timing.roofline.job import roofline
from core.timing.roofline.points import roofline_points
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.estimate import Estimate, estimate
from core.timing.sweeps.speedup import speedup_curves
from core.timing.sweeps.suites import SuiteConfig, middle_size, selected, workloads_for_roofline
from core.timing.sweeps.sweep import sweeps
from core.timing.workloads import WORKLOADS

# Workloads under the roof are measured for so long each.
_POINT_S = 0.2


def sweeps_with_roofline(
    config: RooflineConfig,
    configs: Sequence[SweepConfig],
    within_s: float | None = None,
    with_points: bool = True,
) -> Iterator[Any]:
    """Yields the events of roofline(), of sweeps() with these roofs, and, with_points, a RooflinePoint for
    each measurement. within_s bounds the sweeps alone.
    """
    roofs: list[RoofMeasured] = []
    records: list[Record] = []
    absent: set[str] = set()
    for event in roofline(config):
        if isinstance(event, RoofMeasured):
            roofs.append(event)
        if isinstance(event, DeviceAbsent):
            absent.add(event.device)
        if not isinstance(event, Progress):
            records.append(event_record(event))
        yield event
    for event in sweeps(configs, within_s, roofs):
        if isinstance(event, Progress):
            yield event
        elif isinstance(event, EnvironmentRead) or (
            isinstance(event, DeviceAbsent) and event.device in absent
        ):
            continue  # yielded already
        else:
            records.append(event_record(event))
            yield event
    yield from roofline_points(records) if with_points else ()


def machine_roofline(config: RooflineConfig) -> Iterator[Any]:
    """The roofs, and under them every workload that computes, at the middle one of its sizes: the events of
    sweeps_with_roofline(). Progress counts expected seconds.
    """
    configs, expected = _under(config), estimate_roofline(config)
    points_s = expected.seconds - config.max_seconds
    for event in sweeps_with_roofline(config, configs):
        yield (
            in_seconds(event, config.max_seconds, points_s, expected.seconds)
            if isinstance(event, Progress)
            else event
        )


def estimate_roofline(config: RooflineConfig) -> Estimate:
    """Of machine_roofline()."""
    return estimate(_under(config), roofs_s=config.max_seconds)


def _under(config: RooflineConfig) -> tuple[SweepConfig, ...]:
    axes = {"devices": config.devices, "threads": config.threads, "seed": config.seed}
    return roofline_sweeps(workloads_for_roofline(), axes)


def measured_suite(config: SuiteConfig) -> Iterator[Any]:
    """The events of sweeps_with_roofline() for a suite. Progress counts expected seconds."""
    roofs, expected = config.roofs(), estimate_suite(config)
    events = sweeps_with_roofline(roofs, config.sweeps(), config.limit_s(), with_points=False)
    for event in events:
        yield (
            in_seconds(event, roofs.max_seconds, expected.seconds - roofs.max_seconds, expected.seconds)
            if isinstance(event, Progress)
            else event
        )


def estimate_suite(config: SuiteConfig) -> Estimate:
    """Of measured_suite()."""
    return estimate(config.sweeps(), config.limit_s(), config.roofs().max_seconds)


def roofline_sweeps(names: Sequence[str], axes: Mapping[str, Any]) -> tuple[SweepConfig, ...]:
    """A short thorough sweep of each of these workloads at the middle one of its sizes.

    Raises InvalidRequest for an unknown name and for what cannot be measured.
    """
    return tuple(
        config
        for name in names
        for config in selected(
            [name],
            {"max_seconds": _POINT_S}
            | ({"sizes": middle_size(name)} if name in WORKLOADS else {})
            | dict(axes),
        )
    )


def in_seconds(progress: Progress, roofs_s: float, points_s: float, total_s: float) -> Progress:
    """Progress of sweeps_with_roofline(), in roofs and then in points, on one scale of expected seconds."""
    fraction = progress.done / max(progress.total, 1)
    done_s = roofs_s + fraction * points_s if progress.unit == "points" else fraction * roofs_s
    rate, unit = progress.rate_per_s, progress.rate_unit
    return Progress(done_s, total_s, "s of work", rate, unit, progress.between)


def with_speedups(events: Iterator[Any]) -> Iterator[Any]:
    """The events of a sweep, and then a SpeedupCurve for all that an accelerator and the CPU both did."""
    records: list[Record] = []
    for event in events:
        if not isinstance(event, Progress):
            records.append(event_record(event))
        yield event
    yield from speedup_curves(records)
