"""How long a block of calls takes, on each kind of device. A timer is (operation, repeats) -> seconds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

Operation = Callable[[], Any]
Timer = Callable[[Operation, int], float]


def timer_for(device: str) -> Timer:
    """The timer of this device, given by torch's name."""
    kind = torch.device(device).type
    return partial(_TIMERS[kind], torch.device(device))


def overhead_s(timer: Timer) -> float:
    """What the timer itself takes: the median over empty blocks."""
    return statistics.median(timer(_nothing, 0) for _ in range(11))


def _nothing() -> None:
    return None


def _cpu(_device: torch.device, operation: Operation, repeats: int) -> float:
    start = time.perf_counter_ns()
    for _ in range(repeats):
        operation()
    return (time.perf_counter_ns() - start) / 1e9


def _cuda(device: torch.device, operation: Operation, repeats: int) -> float:
    # A launch returns before the work is done; events are stamped by the GPU itself, in its own order.
    with torch.cuda.device(device):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(repeats):
            operation()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) / 1e3


def _synchronised(synchronise: Callable[[], Any], operation: Operation, repeats: int) -> float:
    synchronise()
    start = time.perf_counter_ns()
    for _ in range(repeats):
        operation()
    synchronise()
    return (time.perf_counter_ns() - start) / 1e9


def _mps(_device: torch.device, operation: Operation, repeats: int) -> float:
    return _synchronised(torch.mps.synchronize, operation, repeats)


def _xpu(device: torch.device, operation: Operation, repeats: int) -> float:
    return _synchronised(partial(torch.xpu.synchronize, device), operation, repeats)


_TIMERS: dict[str, Callable[[torch.device, Operation, int], float]] = {
    "cpu": _cpu,
    "cuda": _cuda,
    "mps": _mps,
    "xpu": _xpu,
}
