"""The roofline of this machine, measured: the best product of each number format, the bandwidth of a copy.

Importing this never imports torch.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core import devices, torch_devices
from core.events import Progress
from core.lazy import LazyModule
from core.timing.results.events import SCHEMA, DeviceAbsent, EnvironmentRead, RoofMeasured
from core.timing.roofline.config import RooflineConfig
from core.timing.roofline.events import BandwidthFound, FmaMeasured, FormatAbsent, PeakFound
from core.timing.roofline.explanation import GOOD_FRACTION, explanation
from core.timing.roofline.vendor_peaks import Peak, peak_of
from core.timing.workloads import axes
from core.timing.workloads.dtypes import DTYPE_BYTES

if TYPE_CHECKING:
    import torch

    from core.timing.measure import progress
    from core.timing.roofline import bandwidth, best_matmul, launch
    from core.timing.roofline.machine_code import fma
else:
    torch = LazyModule("torch")
    bandwidth = LazyModule("core.timing.roofline.bandwidth")
    best_matmul = LazyModule("core.timing.roofline.best_matmul")
    fma = LazyModule("core.timing.roofline.machine_code.fma")
    launch = LazyModule("core.timing.roofline.launch")
    progress = LazyModule("core.timing.measure.progress")

_COPIES = 6


def roofline(config: RooflineConfig) -> Iterator[Any]:
    """Yields EnvironmentRead; for each device (and number of threads) FmaMeasured on a CPU, PeakFound or
    FormatAbsent for each format, BandwidthFound, and RoofMeasured, which sums them up. DeviceAbsent for a
    device that is not here. Progress comes between trials.
    """
    yield EnvironmentRead(SCHEMA, datetime.now(UTC).isoformat(timespec="seconds"), devices.environment())
    yield Progress(0, 1, "roofs")
    todo: list[tuple[str, int | None]] = []
    for device in dict.fromkeys(config.devices):
        reason = torch_devices.unavailable_reason(device)
        if reason:
            yield DeviceAbsent(device, reason)
        else:
            todo += [(device, count) for count in axes.thread_counts(config.threads, device)]
    todo = list(dict.fromkeys(todo))
    with torch_devices.true_float32(), torch_devices.gpu_memory_returned():
        for done, (device, threads) in enumerate(todo):
            with torch_devices.threads(threads):
                for event in _one_roof(config, device, threads, config.max_seconds / len(todo)):
                    # Inside, Progress only says that it lives.
                    yield Progress(done, len(todo), "roofs") if isinstance(event, Progress) else event
    yield Progress(len(todo), len(todo), "roofs")


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
        if isinstance(found, PeakFound):
            gflops[dtype] = found.gflops
        yield found
    copied = yield from _bandwidth(device, threads)
    yield copied
    yield RoofMeasured(device, threads, gflops, copied.gbps, launch.launch_s(device))


def _peak(
    config: RooflineConfig, device: str, threads: int | None, dtype: str, seconds: float, fma: float | None
) -> Generator[Progress, None, PeakFound | FormatAbsent]:
    axis = best_matmul.sides(device, DTYPE_BYTES[dtype])
    mark = devices.mark()
    yield progress.ALIVE
    try:
        rate = best_matmul.measured_rate(device, dtype, axis[-1], config.seed)
        best = yield from progress.last_of(best_matmul.search(rate, axis, seconds))
    except torch_devices.DEVICE_ERRORS as error:
        return FormatAbsent(device, dtype, torch_devices.device_error(error))
    fraction, why = None, None
    if fma is not None and dtype == "float32":
        fraction = best.gflops / fma
        alone = _one_thread_fraction(rate, best.shape) if fraction < GOOD_FRACTION and threads != 1 else None
        why = explanation(best.gflops, fma, alone, (min(best.shape), max(axis)), _load(mark))
    vendor = _vendor(device)
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
    )


def _fma(threads: int) -> FmaMeasured:
    peak = fma.fma_peak(threads)
    if isinstance(peak, str):
        return FmaMeasured(threads, None, None, peak)
    return FmaMeasured(threads, peak.gflops, peak.instructions, None)


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
    size, vendor = bandwidth.copy_bytes(device), _vendor(device)
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
    return replace(found, gbps=max(rates))


def _vendor(device: str) -> Peak | None:
    """The vendor's figures for a device that torch can use, None where they are not known."""
    return peak_of(torch.cuda.get_device_name(device)) if device.startswith("cuda") else None
