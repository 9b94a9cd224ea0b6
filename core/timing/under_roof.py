"""Roofs found first, then workloads measured and placed under them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.events import Progress, to_record
from core.timing.config import SweepConfig
from core.timing.events import DeviceAbsent, EnvironmentRead, RoofMeasured
from core.timing.results import Record
from core.timing.roofline import RooflineConfig, dots, roofline
from core.timing.speedup import speedup_curves
from core.timing.sweep import sweeps


def under_roof(
    config: RooflineConfig,
    configs: Sequence[SweepConfig],
    within_s: float | None = None,
    with_dots: bool = True,
) -> Iterator[Any]:
    """Yields the events of roofline(), of sweeps() with these roofs, and, with_dots, a Dot for each
    measurement. within_s bounds the sweeps alone.
    """
    roofs: list[RoofMeasured] = []
    kept: list[Record] = []
    for event in roofline(config):
        if isinstance(event, RoofMeasured):
            roofs.append(event)
        if not isinstance(event, Progress):
            kept.append(to_record(event))
        yield event
    for event in sweeps(configs, within_s, roofs):
        if isinstance(event, Progress):
            yield event
        elif not isinstance(event, EnvironmentRead | DeviceAbsent):  # told already
            kept.append(to_record(event))
            yield event
    yield from dots(kept) if with_dots else ()


def with_speedups(events: Iterator[Any]) -> Iterator[Any]:
    """The events of a sweep, and then a SpeedupCurve for all that an accelerator and the CPU both did."""
    kept: list[Record] = []
    for event in events:
        if not isinstance(event, Progress):
            kept.append(to_record(event))
        yield event
    yield from speedup_curves(kept)
