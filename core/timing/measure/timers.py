"""How long a block of calls takes, on each kind of device. A timer is (operation, repeats) -> seconds."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

Operation = Callable[[], Any]
Timer = Callable[[Operation, int], float]

# A GPU takes some 1,000 launches into its queue before the program has to wait, and one call may launch
# several kernels. More calls than this in a block could not be hidden behind a delay.
QUEUED_CALLS = 256
# Longest delay that launches are hidden behind; an operation that takes this long to launch hides itself.
_MAX_DELAY_S = 0.02
# Clock cycles a second of torch.cuda._sleep, on the high side: a delay too long costs little.
_CYCLES_A_SECOND = 2e9


def timer_for(device: str) -> Timer:
    """The timer of this device, given by torch's name."""
    kind = torch.device(device).type
    if kind == "cuda":
        return CudaTimer(torch.device(device))
    return partial(_TIMERS[kind], torch.device(device))


def max_repeats(device: str) -> int | None:
    """Most calls in one block: on a CUDA GPU what its queue takes, elsewhere any number (None)."""
    return QUEUED_CALLS if torch.device(device).type == "cuda" else None


def overhead_s(timer: Timer) -> float:
    """What the timer itself takes: the median over empty blocks."""
    return statistics.median(timer(_nothing, 0) for _ in range(11))


def synchronise(device: str) -> None:
    """Wait until a device has done everything that it was given."""
    kind = torch.device(device).type
    if kind == "cuda":
        torch.cuda.synchronize(device)
    elif kind == "mps":
        torch.mps.synchronize()
    elif kind == "xpu":
        torch.xpu.synchronize(torch.device(device))


class CudaTimer:
    """Times a block with the GPU's own stamps, its launches hidden behind a queued delay.

    Without the delay a short kernel would wait for the program to launch the next one, and the figure would
    be the launch's. The GPU sleeps while the program fills its queue; whether it slept long enough is seen
    from the start stamp, which must not have passed when the last launch returns. torch.cuda._sleep is not
    part of torch's public interface: where it is missing nothing is hidden, and launches_hidden says so.

    launch_s is the least that a call of the last operation took the program, seconds: where the queue is full
    the program waits, and that is no cost of launching. launches_hidden is True when the GPU was still asleep
    at the end of the last block's launches.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._sleep: Callable[[int], Any] | None = getattr(torch.cuda, "_sleep", None)
        self._launches_s: dict[Operation, float] = {}
        self.launch_s = 0.0
        self.launches_hidden = False

    def __call__(self, operation: Operation, repeats: int, before: Operation | None = None) -> float:
        """Seconds of the GPU's time for a block; `before` (a cache flush) is queued ahead of it."""
        with torch.cuda.device(self._device):
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            if before is not None:
                before()
            self._delay(self._launches_s.get(operation, 0.0) * repeats)
            start.record()
            began = time.perf_counter()
            for _ in range(repeats):
                operation()
            launched_s = time.perf_counter() - began
            end.record()
            # Before waiting: has the GPU begun already? Then it may have waited for launches.
            self.launches_hidden = repeats > 0 and not start.query()
            end.synchronize()
            if repeats:
                least_s = min(launched_s / repeats, self._launches_s.get(operation, math.inf))
                self._launches_s[operation] = self.launch_s = least_s
            return start.elapsed_time(end) / 1e3

    def _delay(self, launches_s: float) -> None:
        wanted_s = 2 * launches_s + 50e-6
        if self._sleep is not None and wanted_s <= _MAX_DELAY_S:
            self._sleep(int(wanted_s * _CYCLES_A_SECOND))


def _nothing() -> None:
    return None


def _cpu(_device: torch.device, operation: Operation, repeats: int) -> float:
    start = time.perf_counter_ns()
    for _ in range(repeats):
        operation()
    return (time.perf_counter_ns() - start) / 1e9


def _synchronised(device: torch.device, operation: Operation, repeats: int) -> float:
    synchronise(str(device))
    start = time.perf_counter_ns()
    for _ in range(repeats):
        operation()
    synchronise(str(device))
    return (time.perf_counter_ns() - start) / 1e9


_TIMERS: dict[str, Callable[[torch.device, Operation, int], float]] = {
    "cpu": _cpu,
    "mps": _synchronised,
    "xpu": _synchronised,
}
