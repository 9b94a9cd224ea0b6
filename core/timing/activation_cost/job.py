"""What activation functions cost on this machine: time, bandwidth, fusion, and memory saved for backward.

Measured in one run, so that figures can be set against each other: first the roof, then each function forward
and backward under it, then torch's fused call against the unfused formula, in pairs. Importing this never
imports torch.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from core import torch_devices, torch_precision
from core.activations import ACTIVATIONS, find
from core.events import Progress, event_record
from core.lazy import LazyModule
from core.timing.activation_cost import unfused
from core.timing.activation_cost.config import STEPS, CostConfig, sweeps_of
from core.timing.activation_cost.events import FUSED, UNFUSED, FusedCompared, MemorySaved
from core.timing.results.events import DeviceAbsent, MeasurementTaken, NoiseMeasured, SweepFinished
from core.timing.results.table import Record
from core.timing.roofline.config import RooflineConfig
from core.timing.sweeps import with_roofline
from core.timing.workloads import axes, workload
from core.timing.workloads.workload import FORWARD, Built, Draw

if TYPE_CHECKING:
    import torch

    from core.timing.activation_cost import ranking, saved_for_backward
    from core.timing.measure import comparison, timers
else:
    torch = LazyModule("torch")
    comparison = LazyModule("core.timing.measure.comparison")
    ranking = LazyModule("core.timing.activation_cost.ranking")
    saved_for_backward = LazyModule("core.timing.activation_cost.saved_for_backward")
    timers = LazyModule("core.timing.measure.timers")

_ROOF_S = 2.0
# What is asked besides the time itself (cold caches, energy) makes a point last longer than its limit.
_POINT_TIME_FACTOR = 2.0
# Saved bytes are counted on so many elements; each saves the same.
_COUNTED = 2**14


def cost(config: CostConfig) -> Iterator[Any]:
    """Yields the events of sweeps_with_roofline() for the roof and for each function forward and backward,
    MemorySaved and FusedCompared, CostRanked for each step, and SweepFinished. Progress counts expected
    seconds.
    """
    keys = tuple(dict.fromkeys(config.activations))
    pairs = [(key, step) for key in keys if _has_unfused(config, key) for step in STEPS]
    point_s, pair_s = _POINT_TIME_FACTOR * config.max_seconds, 2 * config.max_seconds
    measured_s = _ROOF_S + len(keys) * len(STEPS) * point_s
    total_s = measured_s + len(pairs) * pair_s

    floor, absent, finished = 0.0, False, None
    records: list[Record] = []
    yield Progress(0, total_s, "s of work")
    for event in with_roofline.sweeps_with_roofline(_roof_of(config), sweeps_of(config)):
        if isinstance(event, Progress):
            yield with_roofline.in_seconds(event, _ROOF_S, measured_s - _ROOF_S, total_s)
            continue
        floor = event.paired if isinstance(event, NoiseMeasured) else floor
        absent = absent or isinstance(event, DeviceAbsent)
        if isinstance(event, MeasurementTaken):
            records.append(event_record(event))
        if isinstance(event, SweepFinished):
            finished = event  # it comes last
        else:
            yield event
    if not absent:
        yield from _memory(config, keys)
        for number, (key, step) in enumerate(pairs):
            done_s = measured_s + number * pair_s
            found = yield from _compared(config, key, step, floor, done_s, total_s)
            if found is not None:
                yield found
        yield from ranking.ranked(records)
    yield Progress(total_s, total_s, "s of work")
    if finished is not None:
        yield finished


def _has_unfused(config: CostConfig, key: str) -> bool:
    return config.compare_unfused and key in unfused.UNFUSED


def _roof_of(config: CostConfig) -> RooflineConfig:
    return RooflineConfig(
        devices=(config.device,),
        dtypes=(config.dtype,),
        threads=(config.threads,),
        max_seconds=_ROOF_S,
        seed=config.seed,
    )


def _memory(config: CostConfig, keys: Sequence[str]) -> Iterator[MemorySaved]:
    """What each function saves, and its formula where it is asked for; the same on every device."""
    x = torch.randn(_COUNTED, generator=torch.Generator().manual_seed(config.seed))
    x = x.to(workload.torch_dtype(config.dtype))
    for key in keys:
        forms = {FUSED: find(key).function}
        if _has_unfused(config, key):
            forms[UNFUSED] = unfused.UNFUSED[key]
        for form, function in forms.items():
            found = saved_for_backward.saved_for_backward(function, x)
            counted = (getattr(found, field.name) / _COUNTED for field in fields(found))
            yield MemorySaved(key, form, config.dtype, *counted)


def _compared(
    config: CostConfig, key: str, step: str, floor: float, done_s: float, total_s: float
) -> Generator[Progress, None, FusedCompared | None]:
    """The fused call against the formula; None where the device cannot do it. Progress from done_s."""
    (threads,) = axes.thread_counts((config.threads,), config.device)
    with torch_precision.true_float32(), torch_devices.threads(threads), torch_devices.gpu_memory_returned():
        try:
            formula, fused = (
                _operation(config, step, function)
                for function in (unfused.UNFUSED[key], ACTIVATIONS[key].function)
            )
            timer = timers.timer_for(config.device)
            for found in comparison.compare(formula, fused, timer, floor, config.max_seconds, config.seed):
                yield Progress(
                    done_s + min(0.99 * 2 * config.max_seconds, found.elapsed_s), total_s, "s of work"
                )
        except torch_devices.DEVICE_ERRORS:  # the sweep reported it before
            return None
    ratio, low, high = (1 / value for value in (found.ratio, found.high, found.low))
    return FusedCompared(
        key,
        step,
        config.size,
        config.dtype,
        config.device,
        threads,
        ratio,
        low,
        high,
        found.floor,
        str(found.verdict),
        found.elapsed_s,
    )


def _operation(
    config: CostConfig, step: str, function: Callable[[torch.Tensor], torch.Tensor]
) -> Callable[[], Any]:
    """One pass of a function over random numbers, ready to be timed; the same numbers for each function."""
    draw = Draw(config.dtype, config.device, torch.Generator(config.device).manual_seed(config.seed))
    x, upstream = draw(config.size), draw(config.size)
    built = Built(lambda: function(x), (x,), upstream)
    return built.call if step == FORWARD else workload.backward_step(built)
