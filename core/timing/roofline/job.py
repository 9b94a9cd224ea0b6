"""The roofline of this machine, measured: the best product of each number format, the bandwidth of a copy.

Importing this never imports torch.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from core import devices, torch_devices, torch_precision
from core.events import Progress
from core.lazy import LazyModule
from core.timing.measure.environment import environment_of
from core.timing.results.events import SCHEMA, DeviceAbsent, EnvironmentRead, RoofMeasured
from core.timing.roofline.config import RooflineConfig
from core.timing.roofline.events import BandwidthFound, FmaMeasured, FormatAbsent, PeakFound
from core.timing.roofline.explanation import GOOD_FRACTION, explanation
from core.timing.workloads import axes
from core.timing.workloads.dtypes import DTYPE_BYTES

if TYPE_CHECKING:
    from core.timing.measure import progress
    from core.timing.roofline import bandwidth, best_matmul, launch, physical_peak
    from core.timing.roofline.machine_code import fma
else:
    bandwidth = LazyModule("core.timing.roofline.bandwidth")
    best_matmul = LazyModule("core.timing.roofline.best_matmul")
    fma = LazyModule("core.timing.roofline.machine_code.fma")
    launch = LazyModule("core.timing.roofline.launch")
    physical_peak = LazyModule("core.timing.roofline.physical_peak")
    progress = LazyModule("core.timing.measure.progress")

_COPIES = 6
_NO_TIME = "a larger product would take longer than there is time"
# A core may clock so much higher in one second than in another.
_TURBO = 1.2


def roofline(config: RooflineConfig) -> Iterator[Any]:
    """Yields EnvironmentRead; for each device (and number of threads) FmaMeasured on a CPU, PeakFound or
    FormatAbsent for each format, BandwidthFound, and RoofMeasured, which sums them up. DeviceAbsent for a
    device that is not here, or stops working. Progress comes between trials.
    """
    environment = environment_of(config.devices)
    yield EnvironmentRead(SCHEMA, datetime.now(UTC).isoformat(timespec="seconds"), environment)
    yield Progress(0, 1, "roofs")
    todo: list[tuple[str, int | None]] = []
    for device in dict.fromkeys(config.devices):
        reason = torch_devices.unavailable_reason(device)
        if reason:
            yield DeviceAbsent(device, reason)
        else:
            todo += [(device, count) for count in axes.thread_counts(config.threads, device)]
    todo = list(dict.fromkeys(todo))
    with torch_precision.true_float32(), torch_devices.gpu_memory_returned():
        for done, (device, threads) in enumerate(todo):
            with torch_devices.threads(threads):
                for event in _roof_or_reason(config, device, threads, config.max_seconds / len(todo)):
                    # Inside, Progress only says that it lives.
                    yield Progress(done, len(todo), "roofs") if isinstance(event, Progress) else event
    yield Progress(len(todo), len(todo), "roofs")


def _roof_or_reason(
    config: RooflineConfig, device: str, threads: int | None, seconds: float
) -> Iterator[Any]:
    """The events of one device; an accelerator that fails is absent after that, and others continue."""
    try:
        yield from _one_roof(config, device, threads, seconds)
    except torch_devices.DEVICE_ERRORS as error:
        if device == "cpu":
            raise
        yield DeviceAbsent(device, torch_devices.failure(device) or torch_devices.device_error(error))


def _one_roof(config: RooflineConfig, device: str, threads: int | None, seconds: float) -> Iterator[Any]:
    """The events of one device."""
    part_s = seconds / (len(config.dtypes) + 1)
    fma_gflops = None
    if device == "cpu":
        measured = _fma(threads or 1)
        fma_gflops = measured.gflops
        yield measured
    gflops: dict[str, float] = {}
    for dtype in config.dtypes:
        found = yield from _peak(config, device, threads, dtype, part_s, fma_gflops)
        yield found
        if isinstance(found, PeakFound) and not found.not_believed:
            gflops[dtype] = found.gflops
        if (isinstance(found, FormatAbsent) or found.ended_early) and (why := torch_devices.failure(device)):
            yield DeviceAbsent(device, why)
            return
    copied = yield from _bandwidth(device, threads)
    yield copied
    gbps = None if copied.not_believed else copied.gbps
    yield RoofMeasured(device, threads, gflops, gbps, launch.launch_s(device))


def _peak(
    config: RooflineConfig, device: str, threads: int | None, dtype: str, seconds: float, fma: float | None
) -> Generator[Progress, None, PeakFound | FormatAbsent]:
    mark = devices.mark()
    yield progress.ALIVE
    found = yield from _search(device, dtype, config.seed, seconds)
    if isinstance(found, str):
        return FormatAbsent(device, dtype, found)
    best, rate = found.best, found.rate
    fraction, why = None, None
    if fma is not None and dtype == "float32":
        fraction = best.gflops / fma
        alone = _one_thread_fraction(rate, best.shape) if fraction < GOOD_FRACTION and threads != 1 else None
        why = explanation(best.gflops, fma, alone, (min(best.shape), max(found.axis)), _load(mark))
    vendor = physical_peak.vendor_of(device)
    return PeakFound(
        device,
        threads,
        dtype,
        best.gflops,
        *best.shape,
        tried=best.tried,
        elapsed_s=best.elapsed_s,
        fma_share=fraction,
        explanation=why,
        vendor_gflops=1e3 * vendor.tflops[dtype] if vendor and dtype in vendor.tflops else None,
        vendor_source=vendor.source if vendor and dtype in vendor.tflops else None,
        fast_accumulation_gflops=_fast_accumulation(device, dtype, best.shape, config.seed),
        ended_early=found.ended_early,
        not_believed=physical_peak.not_believed(best.gflops, _peak_of_cores(device, dtype, threads, fma)),
    )


class _Found(NamedTuple):
    """What a search has found."""

    best: best_matmul.Tried
    rate: best_matmul.Rate
    axis: tuple[int, ...]  # the sides that were tried
    ended_early: str | None  # why it was not through


def _search(device: str, dtype: str, seed: int, seconds: float) -> Generator[Progress, None, _Found | str]:
    """The best product, also where the search is cut short; the reason where there is none at all."""
    best: best_matmul.Tried | None = None
    try:
        rate, axis = _rate(device, dtype, seed)
        for tried in best_matmul.search(rate, axis, seconds):
            best = tried
            yield progress.ALIVE
    except torch_devices.DEVICE_ERRORS as error:
        reason = torch_devices.device_error(error)
        return reason if best is None else _Found(best, rate, axis, reason)
    assert best is not None
    return _Found(best, rate, axis, _NO_TIME if best.tried == 1 else None)


def _rate(device: str, dtype: str, seed: int) -> tuple[best_matmul.Rate, tuple[int, ...]]:
    """What measures a product, and the sides to try: fewer where memory is shorter than was said."""
    axis = best_matmul.sides(device, DTYPE_BYTES[dtype])
    while True:
        try:
            return best_matmul.measured_rate(device, dtype, axis[-1], seed), axis
        except torch_devices.DEVICE_ERRORS as error:
            if device == "cpu" or not torch_devices.is_out_of_memory(error) or len(axis) == 1:
                raise
            axis = axis[: len(axis) // 2]


def _fast_accumulation(device: str, dtype: str, shape: best_matmul.Shape, seed: int) -> float | None:
    """What float8 reaches in a product with sums in fewer bits, GFLOP/s; None elsewhere."""
    if dtype != "float8" or device == "cpu":
        return None
    try:
        of = best_matmul.operations(device, dtype, max(shape), seed, fast_accumulation=True)
        return best_matmul.rate_of(of, device, dtype)(shape)
    except torch_devices.DEVICE_ERRORS:
        return None


def _peak_of_cores(
    device: str, dtype: str, threads: int | None, fma: float | None
) -> physical_peak.PhysicalPeak | None:
    """What nothing right exceeds; where a CPU tells no highest clock, what its cores were seen to do."""
    known = physical_peak.peak_gflops(device, dtype, threads)
    if known is None and fma is not None and dtype == "float32":
        return physical_peak.PhysicalPeak(_TURBO * fma, "the FMA peak of the cores, with room for the clock")
    return known


def _fma(threads: int) -> FmaMeasured:
    peak = fma.fma_peak(threads)
    if isinstance(peak, str):
        return FmaMeasured(threads, None, None, peak)
    highest = physical_peak.peak_gflops("cpu", "float32", threads)
    return FmaMeasured(
        threads, peak.gflops, peak.instructions, None, highest.value if highest is not None else None
    )


def _one_thread_fraction(rate: best_matmul.Rate, shape: best_matmul.Shape) -> float | None:
    """What one thread alone reaches of one core's FMA peak, with the product that was best on all."""
    peak = fma.fma_peak(1)
    if isinstance(peak, str):
        return None
    with torch_devices.threads(1):
        return rate(shape) / peak.gflops


def _load(mark: devices.Mark) -> float | None:
    """What other programs used of the CPU since the mark, in %."""
    others = devices.read("cpu", mark).get("others")
    return others.value if others is not None and isinstance(others.value, float) else None


def _bandwidth(device: str, threads: int | None) -> Generator[Progress, None, BandwidthFound]:
    size, vendor = bandwidth.copy_bytes(device), physical_peak.vendor_of(device)
    found = BandwidthFound(device, threads, None, size)
    if vendor:
        found = replace(found, vendor_gbps=vendor.gbps, vendor_source=vendor.source)
    rates = []
    try:
        for rate in bandwidth.copy_rates(device, size, _COPIES):
            rates.append(rate)
            yield progress.ALIVE
    except torch_devices.DEVICE_ERRORS as error:
        return replace(found, reason=torch_devices.device_error(error))
    if why := bandwidth.hides_in_cache(device, size):
        return replace(found, reason=why)
    doubt = physical_peak.not_believed(max(rates), physical_peak.peak_gbps(device), "GB/s")
    return replace(found, gbps=max(rates), not_believed=doubt)
