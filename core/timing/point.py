"""One point measured, with all that makes its figure a result: limits, precision, energy and conditions."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace

from core.timing.clock import Timing, clock
from core.timing.cold import Flush, flush_for
from core.timing.config import SweepConfig
from core.timing.dtypes import DTYPE_BYTES
from core.timing.events import MeasurementTaken
from core.timing.limits import launches, limit
from core.timing.machine import Machine
from core.timing.sweep import Point
from core.timing.timers import Operation
from core.timing.workloads import WORKLOADS

_NOT_LOOKED_FOR = "not looked for"


def measured(
    config: SweepConfig, point: Point, machine: Machine | None
) -> Iterator[tuple[float, float] | MeasurementTaken]:
    """Yields (share done, GFLOP/s so far) often, and last the measurement.

    Raises what torch raises for an operation that the device cannot do.
    """
    workload = WORKLOADS[point.workload]
    operation = workload.prepare(point.size, point.dtype, point.device, config.seed, point.step, point.data)
    flush: Flush | str = flush_for(point.device) if config.thorough else _NOT_LOOKED_FOR
    flops = workload.flops(point.size, point.step)
    timing = Timing(0.0, 1)
    for timing in clock(
        operation, point.device, point.threads, config.target_ci, config.max_seconds, flush, config.seed
    ):
        yield min(0.99, timing.elapsed_s / config.max_seconds), flops / timing.median_s / 1e9
    taken = _as_event(point, timing, flops)
    if machine is not None:
        taken = _limited(taken, machine, operation)
    yield taken


def _limited(taken: MeasurementTaken, machine: Machine, operation: Operation) -> MeasurementTaken:
    """With what limits it and the noise of the machine, as far as they are known."""
    noise, roof = machine.noise, machine.roof
    if noise is not None:
        taken = replace(taken, noise_paired=noise.paired, noise_unpaired=noise.unpaired)
    if roof is not None:
        taken = replace(taken, limit=limit(taken, launches(operation), roof))
    return taken


def _as_event(point: Point, timing: Timing, flops: int) -> MeasurementTaken:
    assert timing.interval_s is not None
    low_s, high_s = timing.interval_s
    moved = WORKLOADS[point.workload].bytes_moved(point.size, DTYPE_BYTES[point.dtype], point.step)
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
