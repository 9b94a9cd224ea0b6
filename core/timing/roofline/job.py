"""The roofline of this machine, measured: the best product of each number format, the bandwidth of a copy.

Under that roof every measurement is a dot. Source: Williams, Waterman & Patterson (2009), Roofline: an
insightful visual performance model for multicore architectures, CACM 52(4). Importing this never imports
torch.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core import devices
from core.devices.cache import last_level_bytes
from core.errors import InvalidRequest
from core.events import Progress
from core.lazy import LazyModule
from core.timing.results.events import (
    COMPUTE_BOUND,
    FASTER_THAN_MEMORY,
    IN_CACHE,
    MEMORY_BOUND,
    SCHEMA,
    DeviceAbsent,
    EnvironmentRead,
    RoofMeasured,
)
from core.timing.results.table import NOTABLE_LOAD, Record, environment_of, measurements
from core.timing.roofline.vendor_peaks import peak_of
from core.timing.sweeps.config import SweepConfig
from core.timing.workloads import WORKLOADS
from core.timing.workloads.dtypes import DTYPE_BYTES

if TYPE_CHECKING:
    import torch

    from core import torch_devices
    from core.timing.measure import clock, timers
    from core.timing.roofline import best_matmul, fma
else:
    torch = LazyModule("torch")
    best_matmul = LazyModule("core.timing.roofline.best_matmul")
    clock = LazyModule("core.timing.measure.clock")
    fma = LazyModule("core.timing.roofline.fma")
    torch_devices = LazyModule("core.torch_devices")
    timers = LazyModule("core.timing.measure.timers")

# A good float32 product reaches this share of what the cores can multiply and add; below it is explained.
GOOD_SHARE = 0.85
# Sides shorter than this leave no time to reach the peak in.
_SHORT_SIDE = 1024

# A copy is larger than any cache that it could hide in, and at least as large as this.
_COPY_BYTES, _COPY_MEMORY_SHARE = 256 * 2**20, 0.2
_COPY_LOOKS = 6
_LAUNCHES = 200


@dataclass(frozen=True)
class RooflineConfig:
    """Which roofs to find. devices, dtypes and threads are those of a sweep; threads 0 is all usable cores.

    max_seconds is the time for all of them together. Raises InvalidRequest for what cannot be measured.
    """

    devices: tuple[str, ...] = ("cpu",)
    dtypes: tuple[str, ...] = tuple(DTYPE_BYTES)
    threads: tuple[int, ...] = (0,)
    max_seconds: float = 60.0
    seed: int = 0

    def __post_init__(self) -> None:
        SweepConfig(
            sizes=(1,),
            dtypes=self.dtypes,
            devices=self.devices,
            threads=self.threads,
            max_seconds=self.max_seconds,
            seed=self.seed,
        )
        if self.max_seconds < 1:
            raise InvalidRequest(
                f"max-seconds {self.max_seconds!r} is not possible; it must be from 1 to 600."
            )


@dataclass(frozen=True)
class PeakFound:
    """The best product of one number format: GFLOP/s (int8: GOP/s) of (rows, inner) times (inner, columns).

    tried counts the shapes that were looked at. fma_share is the part of the cores' FMA peak that float32
    reached on a CPU, and explanation says in words why it is below 85%; vendor_gflops is the vendor's figure
    and vendor_source where it stands. All four are None where they do not apply or are not known.
    """

    device: str
    threads: int | None
    dtype: str
    gflops: float
    rows: int
    inner: int
    columns: int
    tried: int
    elapsed_s: float
    fma_share: float | None = None
    explanation: str | None = None
    vendor_gflops: float | None = None
    vendor_source: str | None = None


@dataclass(frozen=True)
class FormatAbsent:
    """A number format that a device cannot multiply, with the reason in words."""

    device: str
    dtype: str
    reason: str


@dataclass(frozen=True)
class FmaMeasured:
    """GFLOP/s that the cores of the CPU can multiply and add in float32 on so many threads; or why not."""

    threads: int
    gflops: float | None
    instructions: str | None
    reason: str | None


@dataclass(frozen=True)
class BandwidthFound:
    """GB/s of a copy in a device's memory, reads and writes both counted; None with the reason."""

    device: str
    threads: int | None
    gbps: float | None
    copied_bytes: int
    vendor_gbps: float | None = None
    vendor_source: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class RooflinePoint:
    """One measurement under the roof of its device.

    intensity is FLOPs a byte. attainable_gflops is the roof above it: the peak of its format, or what the
    bandwidth allows at its intensity, whichever is lower. percent_of_peak and percent_of_bandwidth are of the
    measured ones, percent_of_vendor of the vendor's peak. limit is "compute-bound", "memory-bound",
    "launch-bound" or "in cache". None where the roof does not tell.
    """

    workload: str
    step: str
    data: str
    dtype: str
    device: str
    threads: int | None
    size: int
    intensity: float
    gflops: float
    gbps: float
    attainable_gflops: float | None
    percent_of_peak: float | None
    percent_of_bandwidth: float | None
    percent_of_vendor: float | None
    limit: str | None


def roofline(config: RooflineConfig) -> Iterator[Any]:
    """Yields EnvironmentRead; for each device (and number of threads) FmaMeasured on a CPU, PeakFound or
    FormatAbsent for each format, BandwidthFound, and RoofMeasured, which sums them up. DeviceAbsent for a
    device that is not here. Progress comes between looks.
    """
    yield EnvironmentRead(SCHEMA, datetime.now(UTC).isoformat(timespec="seconds"), devices.environment())
    yield Progress(0, 1, "roofs")
    todo: list[tuple[str, int | None]] = []
    for device in config.devices:
        reason = torch_devices.unavailable_reason(device)
        if reason:
            yield DeviceAbsent(device, reason)
            continue
        name = f"{device}:0" if device == "cuda" else device
        counts = [count or devices.usable_cores() for count in config.threads] if device == "cpu" else [None]
        todo += [(name, count) for count in counts]
    todo = list(dict.fromkeys(todo))
    for done, (device, threads) in enumerate(todo):
        with _as_asked(threads):
            for event in _one_roof(config, device, threads, config.max_seconds / len(todo)):
                yield event or Progress(done, len(todo), "roofs")
    yield Progress(len(todo), len(todo), "roofs")


def explanation(
    gflops: float,
    fma_gflops: float,
    one_thread_share: float | None,
    sides: tuple[int, int],
    load: float | None,
) -> str | None:
    """Why the best float32 product is below 85% of the FMA peak, in words; None when it is not.

    one_thread_share is what one thread alone reaches of its FMA peak, None when it was not asked. sides are
    the shortest of the best product and the longest that was tried. load is what other programs used of the
    CPU meanwhile, in %.
    """
    share = gflops / fma_gflops
    if share >= GOOD_SHARE:
        return None
    reasons = []
    if load is not None and load >= NOTABLE_LOAD:
        reasons.append(f"other programs used {load:.0f}% of the CPU meanwhile")
    if one_thread_share is not None and one_thread_share >= GOOD_SHARE:
        reasons.append(
            f"one thread alone reaches {100 * one_thread_share:.0f}%, so threads wait for each other"
        )
    shortest, longest = sides
    if longest < _SHORT_SIDE:
        reasons.append(f"no side longer than {longest} was tried, too short to fill the cores")
    elif shortest < _SHORT_SIDE:
        reasons.append(
            f"the best product has a side of {shortest} only, and longer ones, up to {longest}, are slower"
        )
    if not reasons:
        reasons.append("torch's library for matrix products does no better on this processor")
    return f"{100 * share:.0f}% of the FMA peak: {'; '.join(reasons)}"


def roofline_points(records: Sequence[Record], roofs: Sequence[Record] | None = None) -> list[RooflinePoint]:
    """Every measurement under the roof of its device and threads.

    roofs are the records that hold RoofMeasured; without them it is looked for in `records` themselves.
    """
    found = {
        (record["device"], record["threads"]): record
        for record in (records if roofs is None else roofs)
        if record["event"] == "roof_measured"
    }
    cards = _cards(records)
    return [
        _roofline_point(record, found.get((record["device"], record["threads"])), cards.get(record["device"]))
        for record in measurements(records)
    ]


def _one_roof(config: RooflineConfig, device: str, threads: int | None, seconds: float) -> Iterator[Any]:
    """The events of one device; None in between."""
    share_s = seconds / (len(config.dtypes) + 1)
    fma_gflops = None
    if device == "cpu":
        measured = _fma(threads or 1)
        fma_gflops = measured.gflops
        yield measured
    gflops: dict[str, float] = {}
    for dtype in config.dtypes:
        for event in _peak(config, device, threads, dtype, share_s, fma_gflops):
            if isinstance(event, PeakFound):
                gflops[dtype] = event.gflops
            yield event
    bandwidth = BandwidthFound(device, threads, None, 0)
    for bandwidth in _bandwidth(device, threads):  # noqa: B007
        yield None
    yield bandwidth
    yield RoofMeasured(device, threads, gflops, bandwidth.gbps, _launch_s(device))


def _peak(
    config: RooflineConfig, device: str, threads: int | None, dtype: str, seconds: float, fma: float | None
) -> Iterator[Any]:
    axis = best_matmul.sides(device, DTYPE_BYTES[dtype])
    mark = devices.mark()
    yield None
    try:
        rate = best_matmul.measured_rate(device, dtype, axis[-1], config.seed)
        best = None
        for best in best_matmul.search(rate, axis, seconds):  # noqa: B007
            yield None
    except (RuntimeError, TypeError, NotImplementedError) as error:
        yield FormatAbsent(device, dtype, str(error).strip().splitlines()[0])
        return
    assert best is not None
    share, why = None, None
    if fma is not None and dtype == "float32":
        share = best.gflops / fma
        alone = _one_thread_share(rate, best.shape) if share < GOOD_SHARE and threads != 1 else None
        why = explanation(best.gflops, fma, alone, (min(best.shape), max(axis)), _load(mark))
    vendor = _vendor(device)
    yield PeakFound(
        device,
        threads,
        dtype,
        best.gflops,
        *best.shape,
        tried=best.tried,
        elapsed_s=best.elapsed_s,
        fma_share=share,
        explanation=why,
        vendor_gflops=1e3 * vendor.tflops[dtype] if vendor and dtype in vendor.tflops else None,
        vendor_source=vendor.source if vendor and dtype in vendor.tflops else None,
    )


def _fma(threads: int) -> FmaMeasured:
    peak = fma.fma_peak(threads)
    if isinstance(peak, str):
        return FmaMeasured(threads, None, None, peak)
    return FmaMeasured(threads, peak.gflops, peak.instructions, None)


def _one_thread_share(rate: best_matmul.Rate, shape: best_matmul.Shape) -> float | None:
    """What one thread alone reaches of one core's FMA peak, with the product that was best on all."""
    peak = fma.fma_peak(1)
    if isinstance(peak, str):
        return None
    with clock.torch_threads(1):
        return rate(shape) / peak.gflops


def _load(mark: devices.Mark) -> float | None:
    """What other programs used of the CPU since the mark, in %."""
    others = devices.read("cpu", mark).get("others")
    return others.value if others is not None and isinstance(others.value, float) else None


def _bandwidth(device: str, threads: int | None) -> Iterator[BandwidthFound]:
    """What is known after each copy; the last is what was found."""
    timer = timers.timer_for(device)
    size = _copy_bytes(device)
    vendor = _vendor(device)
    told, source = (vendor.gbps, vendor.source) if vendor else (None, None)
    try:
        # Constant, since drawing so many random numbers takes longer than everything else here.
        copy = WORKLOADS["copy"].prepare(size // 4, "float32", device, 0, "forward", "constant")
        timer(copy, 1)
        moved, fastest_s = WORKLOADS["copy"].bytes_moved(size // 4, 4), math.inf
        for _ in range(_COPY_LOOKS):
            fastest_s = min(fastest_s, timer(copy, 1))
            yield BandwidthFound(device, threads, moved / fastest_s / 1e9, size, told, source)
    except RuntimeError as error:
        yield BandwidthFound(device, threads, None, size, told, source, str(error).splitlines()[0])


def _copy_bytes(device: str) -> int:
    """Bytes to copy: more than the caches hold, and no more than a fair part of the free memory."""
    if device.startswith("cuda"):
        cache = int(torch.cuda.get_device_properties(device).L2_cache_size)
    else:
        cache = last_level_bytes() or 0
    free = devices.memory_free_bytes(device)
    wanted = max(_COPY_BYTES, cache)
    return wanted if free is None else max(4, min(wanted, int(_COPY_MEMORY_SHARE * free)))


def _launch_s(device: str) -> float:
    """Seconds of a call that does next to nothing, the cheapest of a few hundred."""
    timer = timers.timer_for(device)
    launch = WORKLOADS["launch"].prepare(1, "float32", device, 0)
    timer(launch, _LAUNCHES)
    return min(timer(launch, _LAUNCHES) / _LAUNCHES for _ in range(5))


def _vendor(device: str) -> Any:
    """The vendor's figures for a device that torch can use, None where they are not known."""
    return peak_of(torch.cuda.get_device_name(device)) if device.startswith("cuda") else None


@contextlib.contextmanager
def _as_asked(threads: int | None) -> Iterator[None]:
    """With so many threads, and float32 as float32."""
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with clock.torch_threads(threads):
            yield
    finally:
        torch.set_float32_matmul_precision(precision)
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()


def _cards(records: Sequence[Record]) -> dict[str, str]:
    """Names of the GPUs by torch's device. Only where there is one: the system may count them otherwise."""
    gpus: Sequence[Mapping[str, Any]] = environment_of(records).get("gpus") or []
    return {"cuda:0": gpus[0]["name"]} if len(gpus) == 1 else {}


def _roofline_point(record: Record, roof: Record | None, card: str | None) -> RooflinePoint:
    intensity = record["flops"] / record["bytes_moved"]
    gbps = record["bytes_moved"] / record["median_s"] / 1e9
    gflops = record["flops"] / record["median_s"] / 1e9
    peak = roof["gflops"].get(record["dtype"]) if roof else None
    bandwidth = roof["gbps"] if roof else None
    attainable = None
    if peak and bandwidth:
        attainable = min(peak, intensity * bandwidth)
    vendor = peak_of(card) if card else None
    tflops: Mapping[str, float] = vendor.tflops if vendor else {}
    limit = record.get("limit")
    if limit is None and peak and bandwidth:
        limit = COMPUTE_BOUND if intensity * bandwidth >= peak else MEMORY_BOUND
        if limit == MEMORY_BOUND and gbps > FASTER_THAN_MEMORY * bandwidth:
            limit = IN_CACHE
    return RooflinePoint(
        record["workload"],
        record.get("step", "forward"),
        record.get("data", "random"),
        record["dtype"],
        record["device"],
        record["threads"],
        record["size"],
        intensity=intensity,
        gflops=gflops,
        gbps=gbps,
        attainable_gflops=attainable,
        percent_of_peak=_percent(gflops, peak),
        percent_of_bandwidth=_percent(gbps, bandwidth),
        percent_of_vendor=_percent(gflops, 1e3 * tflops.get(record["dtype"], math.nan)),
        limit=limit,
    )


def _percent(value: float, whole: float | None) -> float | None:
    return 100 * value / whole if whole and math.isfinite(whole) else None
