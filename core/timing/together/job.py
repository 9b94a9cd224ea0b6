"""Devices alone and together, in turns that cancel a drift. Importing this never imports torch."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from core import devices, torch_devices, torch_precision
from core.events import Progress
from core.lazy import LazyModule
from core.statistics import ratio_interval
from core.timing.measure.environment import environment_of
from core.timing.results.events import SCHEMA, DeviceAbsent, EnvironmentRead
from core.timing.together.config import TogetherConfig
from core.timing.together.events import PRODUCTS, TRANSFERS, TogetherMeasured

if TYPE_CHECKING:
    import torch

    from core.timing.stress import load
    from core.timing.workloads.workload import Draw
else:
    torch = LazyModule("torch")
    load = LazyModule("core.timing.stress.load")

# Blocks of calls grow and clocks settle before a turn counts; then its blocks' rates are samples.
_WARM_UP_S, _WAKE_S = 0.5, 0.02
# Less than this is not called shared, whatever the interval says.
_NOTABLE = 0.03


def together(config: TogetherConfig) -> Iterator[Any]:
    """Yields EnvironmentRead, DeviceAbsent, and TogetherMeasured for each device and each kind of work."""
    yield EnvironmentRead(
        SCHEMA, datetime.now(UTC).isoformat(timespec="seconds"), environment_of(config.devices)
    )
    here = []
    for device in config.devices:
        if reason := torch_devices.unavailable_reason(device):
            yield DeviceAbsent(device, reason)
        else:
            here.append(device)
    if len(here) < 2:
        return
    kinds = [(PRODUCTS, here), (TRANSFERS, [device for device in here if device != "cpu"])]
    kinds = [(work, of) for work, of in kinds if len(of) > 1]
    turns = sum(2 * len(of) + 2 for _, of in kinds)
    done = 0
    with torch_precision.true_float32(), torch_devices.gpu_memory_returned():
        for work, of in kinds:
            alone: dict[str, list[float]] = {device: [] for device in of}
            all_of: dict[str, list[float]] = {device: [] for device in of}
            singles = [[device] for device in of]
            for group in (*singles, of, of, *reversed(singles)):
                for rates in _turn(config, work, group):
                    if rates is None:
                        yield Progress(done, turns, "turns")
                        continue
                    for device, found in rates.items():
                        (alone if len(group) == 1 else all_of)[device] += found
                done += 1
            for device in of:
                yield _result(work, device, of, alone[device], all_of[device])
    yield Progress(turns, turns, "turns")


def _turn(config: TogetherConfig, work: str, group: Sequence[str]) -> Iterator[dict[str, list[float]] | None]:
    """None again and again while devices work, and last the rates of each, calls a second."""
    make: Callable[..., Any] | None = None if work == PRODUCTS else _transfer
    loads = {
        device: load.Load(
            device, config.dtype, devices.memory_free_bytes(device), config.seed, make, make is None
        )
        for device in group
    }
    try:
        for one in loads.values():
            one.start()
        yield from _while_working(loads.values(), _WARM_UP_S)
        began = time.monotonic()
        yield from _while_working(loads.values(), config.seconds)
    finally:
        for one in loads.values():
            one.stop()
    for one in loads.values():
        if one.failure:
            raise RuntimeError(f"{one.device}: {one.failure}")
    yield {device: _rates(one, began) for device, one in loads.items()}


def _while_working(loads: Iterable[load.Load], seconds: float) -> Iterator[None]:
    """So long, and until each has done something."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends or not all(one.blocks or one.ended for one in loads):
        time.sleep(_WAKE_S)
        for one in loads:
            one.renew()
        yield None


def _rates(one: load.Load, began: float) -> list[float]:
    """Calls a second of each block that lay in the turn; of the last one where none did."""
    ends = [*one.blocks]
    inside = [end for end in ends if end[0] >= began]
    pairs = [*pairwise(inside if len(inside) > 1 else ends[-2:])]
    return [(after[1] - before[1]) / max(after[0] - before[0], 1e-9) for before, after in pairs]


def _transfer(side: int, draw: Draw) -> Callable[[], torch.Tensor]:
    """Pinned memory to the device."""
    on_host = torch.ones(side, side).pin_memory()
    on_device = torch.empty(side, side, device=draw.device)
    return lambda: on_device.copy_(on_host, non_blocking=True)


def _result(
    work: str, device: str, of: Sequence[str], alone: Sequence[float], all_of: Sequence[float]
) -> TogetherMeasured:
    low, high = ratio_interval(alone, all_of)
    ratio = statistics.median(all_of) / statistics.median(alone)
    others = tuple(other for other in of if other != device)
    what = "multiplies" if work == PRODUCTS else "gets its operands"
    if high < 1 - _NOTABLE:
        says = f"{device} {what} at {ratio:.0%} of its own rate while {', '.join(others)} does the same"
        says += ": they share power, heat or memory." if work == PRODUCTS else ": they share a link."
    elif low > 1 - _NOTABLE:
        says = f"{device} {what} as fast beside {', '.join(others)} as alone."
    else:
        says = f"Whether {device} is slower beside {', '.join(others)} is unsure: {low:.0%} to {high:.0%}."
    return TogetherMeasured(
        work, device, others, statistics.median(alone), statistics.median(all_of), ratio, low, high, says
    )
