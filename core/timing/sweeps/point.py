"""One point measured, with all that makes its figure a result: limits, precision, energy and conditions."""

from __future__ import annotations

import statistics
import time
from collections.abc import Generator
from dataclasses import asdict, replace

from core import devices
from core.events import Progress
from core.timing.measure.clock import Measurement, time_operation
from core.timing.measure.cold import Flush, cache_bytes
from core.timing.measure.conditions import observe, wait_until_quiet
from core.timing.measure.energy import per_operation
from core.timing.measure.precision import really_ran
from core.timing.measure.progress import last_of
from core.timing.measure.sampling import Sampler
from core.timing.measure.timers import Operation
from core.timing.results.events import MeasurementTaken
from core.timing.roofline.limits import launches, limit
from core.timing.roofline.physical_peak import not_believed, peak_gbps, peak_gflops
from core.timing.sweeps.config import Point, SweepConfig
from core.timing.sweeps.profile import DeviceProfile
from core.timing.workloads import find_workload
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.torch_devices import DEVICE_ERRORS, device_error, readable_id
from core.torch_precision import float32_of

# The progress shown while a figure waits to be measured again.
WAITING = 0.995

_NOT_LOOKED_FOR = "not looked for"
# Finding out which precision ran may take so many FLOPs in float64 for each second of the time limit.
_CHECK_FLOPS = 4e9
# Energy may take this fraction of the time limit, on top of it; sensors are slow, so it takes two seconds.
_ENERGY_FRACTION = 0.5


def measure_point(
    config: SweepConfig, point: Point, profile: DeviceProfile | None, sampler: Sampler | None = None
) -> Generator[Progress, None, MeasurementTaken]:
    """Yields Progress of one point, with GFLOP/s so far, and returns the measurement.

    profile: what is known of the device, for a thorough measurement. sampler: reads the device meanwhile.
    Raises one of DEVICE_ERRORS for an operation that the device cannot do.
    """
    workload = find_workload(point.workload)
    operation = workload.prepare(point.size, point.dtype, point.device, config.seed, point.step, point.data)
    with float32_of(point.dtype, point.device):
        taken = yield from _quietly_timed(config, point, profile, operation, sampler)
        if profile is not None:
            taken = _limited(taken, profile, operation)
            taken = _with_precision(taken, config)
            taken = yield from _with_energy(taken, config, operation)
    return _doubted(taken)


def _quietly_timed(
    config: SweepConfig,
    point: Point,
    profile: DeviceProfile | None,
    operation: Operation,
    sampler: Sampler | None,
) -> Generator[Progress, None, MeasurementTaken]:
    """Timed until nothing contaminates the figure, or there is no more time to wait for that."""
    left_s, retaken = config.quiet_wait_s, 0
    while True:
        finish = observe(point.device)
        taken = yield from _timed(config, point, profile, operation, sampler)
        conditions = finish()
        if not conditions.contamination or left_s <= 0:
            break
        began = time.perf_counter()
        still = yield from last_of(wait_until_quiet(point.device, left_s), _progress(WAITING, taken.gflops))
        left_s -= time.perf_counter() - began
        if still:  # the machine never was quiet, so the figure keeps its mark
            break
        retaken += 1
    return replace(
        taken, conditions=asdict(conditions), contamination=conditions.contamination, retaken=retaken
    )


def _progress(fraction: float, gflops: float) -> Progress:
    return Progress(fraction, 1, "points", gflops, "GFLOP")


def _timed(
    config: SweepConfig,
    point: Point,
    profile: DeviceProfile | None,
    operation: Operation,
    sampler: Sampler | None,
) -> Generator[Progress, None, MeasurementTaken]:
    flops = find_workload(point.workload).flops(point.size, point.step)
    flush: Flush | str = profile.flush if profile is not None else _NOT_LOOKED_FOR
    known = Measurement(0.0, 1)
    if sampler:
        sampler.begin()
    for known in time_operation(
        operation, point.device, point.threads, config.target_ci, config.max_seconds, flush, config.seed
    ):
        if sampler:
            sampler.sample(known.elapsed_s)
        yield _progress(min(0.99, known.spent_s / config.max_seconds), flops / known.median_s / 1e9)
    return _with_link(_as_event(point, known, flops))


def _with_link(taken: MeasurementTaken) -> MeasurementTaken:
    """With generation and width of the link that a transfer has just crossed, as far as they are reported."""
    if not find_workload(taken.workload).crosses_link:
        return taken
    readings = devices.link(readable_id(taken.device))
    generation, width = (
        None if name not in readings or readings[name].value is None else int(readings[name].value or 0)
        for name in ("pcie_generation", "pcie_width")
    )
    return replace(taken, pcie_generation=generation, pcie_width=width)


def _doubted(taken: MeasurementTaken) -> MeasurementTaken:
    """With the reason where a rate is more than the device can do."""
    return replace(taken, not_believed=_beyond_its_cores(taken) or _beyond_its_memory(taken))


def _beyond_its_cores(taken: MeasurementTaken) -> str | None:
    """Whether it computes faster than the device can in the format that ran."""
    if not find_workload(taken.workload).least_flops:
        return None
    peak = peak_gflops(taken.device, taken.precision or taken.dtype, taken.threads)
    return not_believed(taken.gflops, peak)


def _beyond_its_memory(taken: MeasurementTaken) -> str | None:
    """Whether it moves what no cache can hold from one call to the next faster than the memory can."""
    peak = peak_gbps(taken.device)
    cache = cache_bytes(taken.device) if peak else None
    if cache is None:
        return None
    held = find_workload(taken.workload).memory_bytes(taken.size, DTYPE_BYTES[taken.dtype], taken.step)
    moved = min(taken.bytes_moved, held) - cache  # what is moved twice may be in the cache the second time
    return not_believed(moved / taken.median_s / 1e9, peak, "GB/s beyond its cache")


def _limited(taken: MeasurementTaken, profile: DeviceProfile, operation: Operation) -> MeasurementTaken:
    """With what limits it and the noise of the machine, as far as they are known."""
    noise, roof = profile.noise, profile.roof
    if noise is not None:
        taken = replace(taken, noise_paired=noise.paired, noise_unpaired=noise.unpaired)
    if roof is not None:
        taken = replace(taken, limit=limit(taken, launches(operation), roof, cache_bytes(taken.device)))
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
    except DEVICE_ERRORS as error:
        return replace(taken, precision_reason=device_error(error))
    return replace(
        taken, precision=found.ran, relative_error=found.relative_error, precision_reason=found.reason
    )


def _with_energy(
    taken: MeasurementTaken, config: SweepConfig, operation: Operation
) -> Generator[Progress, None, MeasurementTaken]:
    limit_s = _ENERGY_FRACTION * config.max_seconds
    steps = per_operation(operation, taken.device, taken.median_s, limit_s, config.seed)
    known = yield from last_of(steps, _progress(0.99, taken.gflops))
    if known.joules is None:
        return replace(taken, energy_reason=known.reason)
    rate = taken.flops / known.joules / 1e9 if known.joules > 0 and taken.flops else None
    return replace(
        taken,
        joules=known.joules,
        joules_interval=known.interval_j,
        gflop_per_joule=rate,
        energy_source=known.source,
    )


def _as_event(point: Point, known: Measurement, flops: int) -> MeasurementTaken:
    assert known.interval_s is not None
    low_s, high_s = known.interval_s
    moved = find_workload(point.workload).bytes_moved(point.size, DTYPE_BYTES[point.dtype], point.step)
    return MeasurementTaken(
        workload=point.workload,
        size=point.size,
        dtype=point.dtype,
        device=point.device,
        threads=point.threads,
        median_s=known.median_s,
        ci_low_s=low_s,
        ci_high_s=high_s,
        samples=len(known.times_s),
        gflops=flops / known.median_s / 1e9,
        gflops_low=flops / high_s / 1e9,
        gflops_high=flops / low_s / 1e9,
        stopped_by=str(known.stopped_by),
        repeats=known.repeats,
        first_call_s=known.first_call_s,
        timer_overhead=known.timer_overhead,
        elapsed_s=known.elapsed_s,
        flops=flops,
        bytes_moved=moved,
        times_s=known.times_s,
        step=point.step,
        data=point.data,
        gbps=moved / known.median_s / 1e9,
        arithmetic_intensity=flops / moved if moved else None,
        cold_median_s=statistics.median(known.cold.times_s) if known.cold.times_s else None,
        cold_interval_s=known.cold.interval_s,
        cold_times_s=known.cold.times_s,
        cold_reason=known.cold.reason,
        launch_s=known.launch_s,
        launches_hidden=known.launches_hidden,
        wall_s=known.wall.call_s,
        wall_interval_s=known.wall.call_interval_s,
        latency_s=known.wall.latency_s,
        latency_interval_s=known.wall.latency_interval_s,
        outliers=known.outliers,
    )
