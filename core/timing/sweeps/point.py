"""One point measured, with all that makes its figure a result: limits, precision, energy and conditions."""

from __future__ import annotations

import statistics
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, replace

from core.timing.measure.clock import Timing, clock
from core.timing.measure.cold import Flush
from core.timing.measure.conditions import observe, wait_until_quiet
from core.timing.measure.energy import Energy, per_operation
from core.timing.measure.precision import really_ran
from core.timing.measure.timers import Operation
from core.timing.results.events import MeasurementTaken
from core.timing.roofline.limits import launches, limit
from core.timing.roofline.quick import Machine
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.sweep import Point
from core.timing.workloads import find_workload
from core.timing.workloads.dtypes import DTYPE_BYTES

# The share done that is told while a figure waits to be retaken.
WAITING = 0.995

_NOT_LOOKED_FOR = "not looked for"
# Finding out which precision ran may take so many FLOPs in float64 for each second of the time limit.
_CHECK_FLOPS = 4e9
# Energy may take this part of the time limit, on top of it.
_ENERGY_SHARE = 0.5

So_far = tuple[float, float]  # share done, and GFLOP/s


def measured(
    config: SweepConfig, point: Point, machine: Machine | None
) -> Iterator[So_far | MeasurementTaken]:
    """Yields (share done, GFLOP/s so far) often, and last the measurement. machine: for a thorough one.

    Raises what torch raises for an operation that the device cannot do.
    """
    workload = find_workload(point.workload)
    operation = workload.prepare(point.size, point.dtype, point.device, config.seed, point.step, point.data)
    left_s, retaken = config.quiet_wait_s, 0
    while True:
        finish = observe(point.device)
        taken = yield from _timed(config, point, machine, operation)
        conditions = finish()
        if not conditions.contaminated or left_s <= 0:
            break
        began = time.perf_counter()
        disturbing: tuple[str, ...] = ()
        for disturbing in wait_until_quiet(point.device, left_s):  # noqa: B007
            yield WAITING, taken.gflops
        left_s -= time.perf_counter() - began
        if disturbing:  # it never rested, so the figure keeps its mark
            break
        retaken += 1
    taken = replace(taken, conditions=asdict(conditions), disturbed=conditions.contaminated, retaken=retaken)
    if machine is not None:
        taken = _limited(taken, machine, operation)
        taken = _with_precision(taken, config)
        taken = yield from _with_energy(taken, config, operation)
    yield taken


def _timed(
    config: SweepConfig, point: Point, machine: Machine | None, operation: Operation
) -> Generator[So_far, None, MeasurementTaken]:
    flops = find_workload(point.workload).flops(point.size, point.step)
    flush: Flush | str = machine.flush if machine is not None else _NOT_LOOKED_FOR
    timing = Timing(0.0, 1)
    for timing in clock(
        operation, point.device, point.threads, config.target_ci, config.max_seconds, flush, config.seed
    ):
        yield min(0.99, timing.elapsed_s / config.max_seconds), flops / timing.median_s / 1e9
    return _as_event(point, timing, flops)


def _limited(taken: MeasurementTaken, machine: Machine, operation: Operation) -> MeasurementTaken:
    """With what limits it and the noise of the machine, as far as they are known."""
    noise, roof = machine.noise, machine.roof
    if noise is not None:
        taken = replace(taken, noise_paired=noise.paired, noise_unpaired=noise.unpaired)
    if roof is not None:
        cache_bytes = machine.flush.flushed_bytes if isinstance(machine.flush, Flush) else None
        taken = replace(taken, limit=limit(taken, launches(operation), roof, cache_bytes))
    return taken


def _with_precision(taken: MeasurementTaken, config: SweepConfig) -> MeasurementTaken:
    """With the format that ran, found on random operands and on a smaller size where this one takes long."""
    workload = find_workload(taken.workload)
    if workload.check is None:
        return replace(taken, precision_reason="it has no result to compare with float64")
    affordable = [
        size
        for size in (*workload.sizes, taken.size)
        if size <= taken.size and workload.flops(size) <= _CHECK_FLOPS * config.max_seconds
    ]
    size = max(affordable, default=min(workload.sizes[0], taken.size))
    try:
        found = really_ran(workload.check(size, taken.dtype, taken.device, config.seed), taken.dtype)
    except (RuntimeError, TypeError, AttributeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return replace(taken, precision_reason=reason)
    return replace(
        taken, precision=found.ran, relative_error=found.relative_error, precision_reason=found.reason
    )


def _with_energy(
    taken: MeasurementTaken, config: SweepConfig, operation: Operation
) -> Generator[So_far, None, MeasurementTaken]:
    known = Energy(None, None, 0.0, _NOT_LOOKED_FOR)
    limit_s = _ENERGY_SHARE * config.max_seconds
    for known in per_operation(operation, taken.device, taken.median_s, limit_s):  # noqa: B007
        yield 0.99, taken.gflops
    if known.joules is None:
        return replace(taken, energy_reason=known.reason)
    rate = taken.flops / known.joules / 1e9 if known.joules > 0 and taken.flops else None
    return replace(taken, joules=known.joules, gflop_per_joule=rate, energy_source=known.source)


def _as_event(point: Point, timing: Timing, flops: int) -> MeasurementTaken:
    assert timing.interval_s is not None
    low_s, high_s = timing.interval_s
    moved = find_workload(point.workload).bytes_moved(point.size, DTYPE_BYTES[point.dtype], point.step)
    return MeasurementTaken(
        workload=point.workload,
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
        step=point.step,
        data=point.data,
        gbps=moved / timing.median_s / 1e9,
        arithmetic_intensity=flops / moved if moved else None,
        cold_median_s=statistics.median(timing.cold.times_s) if timing.cold.times_s else None,
        cold_interval_s=timing.cold.interval_s,
        cold_times_s=timing.cold.times_s,
        cold_reason=timing.cold.reason,
        launch_s=timing.launch_s,
        launches_hidden=timing.launches_hidden,
        outliers=timing.outliers,
    )
