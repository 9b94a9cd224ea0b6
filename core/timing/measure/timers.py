"""How long a block of calls takes, on each kind of device. A timer is (operation, repeats) -> seconds."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch

from core.timing.measure.calls import seconds_of_calls

Operation = Callable[[], Any]
Timer = Callable[[Operation, int], float]

# A GPU takes some 1,000 launches into its queue before the program has to wait, and one call may launch
# several kernels. More calls than this in a block could not be hidden behind a delay.
QUEUED_CALLS = 256
# Longest delay that launches are hidden behind. A block whose launches need more is timed in several parts;
# a single call that does is launched without a delay.
_MAX_DELAY_S = 0.02
_LEAST_DELAY_S = 50e-6
# When launches were not hidden twice in a row they do not fit the queue: the next parts are half as long,
# down to this many calls. What waits for the GPU itself is never hidden, however short the part.
_MIN_PART = 4
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


class Block(NamedTuple):
    """One block of calls."""

    taken_s: float  # the operation's own time
    spent_s: float  # what it took the program: launches that are hidden, and the wait, too


def timed(timer: Timer, operation: Operation, repeats: int) -> Block:
    """A block's own time and what it took the program, which is what a time limit counts."""
    began = time.perf_counter()
    taken_s = timer(operation, repeats)
    return Block(taken_s, max(taken_s, time.perf_counter() - began))


def wall_timer(device: str) -> Timer:
    """Times what a program sees on the wall: from before the first launch until the device has done all."""
    if torch.device(device).type == "cpu":
        return timer_for(device)
    return partial(_synchronised, torch.device(device))


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


@dataclass
class _Launching:
    """What a timer has learned of launching one operation."""

    call_s: float = math.inf  # the least that a call took the program
    max_calls: int = QUEUED_CALLS  # in one part of a block
    missed: int = 0  # parts in a row that were not hidden, though the GPU slept


class CudaTimer:
    """Times a block with the GPU's own stamps, its launches hidden behind a queued delay.

    Without the delay a short kernel would wait for the program to launch the next one, and the figure would
    be the launch's. The GPU sleeps while the program fills its queue; whether it slept long enough is seen
    from the start stamp, which must not have passed when the last launch returns. torch.cuda._sleep is not
    part of torch's public interface: where it is missing nothing is hidden, and launches_hidden says so.

    launch_s is the least that a call of the last operation took the program, seconds: where the queue is full
    the program waits, and that is no cost of launching. launches_hidden is True when the GPU was still asleep
    at the end of all launches of the last block.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._sleep: Callable[[int], Any] | None = getattr(torch.cuda, "_sleep", None)
        # Weak, so that no operation, and no tensor in it, lives on for having been timed.
        self._launching: WeakKeyDictionary[Operation, _Launching] = WeakKeyDictionary()
        self.launch_s = 0.0
        self.launches_hidden = False

    def __call__(self, operation: Operation, repeats: int, before: Operation | None = None) -> float:
        """Seconds of the GPU's time for a block; `before` (a cache flush) is queued ahead of it."""
        with torch.cuda.device(self._device):
            known = self._launching.setdefault(operation, _Launching())
            taken_s, hidden = 0.0, []
            for calls in self._parts(known, repeats):
                part_s, part_hidden = self._part(operation, calls, before, known)
                taken_s += part_s
                hidden.append(part_hidden)
            self.launches_hidden = repeats > 0 and all(hidden)
            self.launch_s = known.call_s if repeats else self.launch_s
            return taken_s

    def _parts(self, known: _Launching, repeats: int) -> Iterator[int]:
        """The calls of each part of a block: as many as can be hidden, and none for an empty block."""
        left = repeats
        while True:
            longest = known.max_calls
            if self._sleep is not None and 0 < known.call_s < math.inf:
                longest = min(longest, int((_MAX_DELAY_S - _LEAST_DELAY_S) / 2 / known.call_s))
            calls = min(left, max(1, longest))
            yield calls
            left -= calls
            if left <= 0:
                return

    def _part(
        self, operation: Operation, calls: int, before: Operation | None, known: _Launching
    ) -> tuple[float, bool]:
        """Seconds of the GPU's time, and whether the launches were hidden."""
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        if before is not None:
            before()
        learned = known.call_s < math.inf
        delayed = self._delay(known.call_s * calls if learned else 0.0)
        start.record()
        began = time.perf_counter()
        for _ in range(calls):
            operation()
        launched_s = time.perf_counter() - began
        end.record()
        # Before waiting: has the GPU begun already? Then it may have waited for launches.
        hidden = not start.query()
        end.synchronize()
        if calls:
            known.call_s = min(launched_s / calls, known.call_s)
            known.missed = known.missed + 1 if delayed and learned and not hidden else 0
            if known.missed >= 2 and calls > _MIN_PART:
                known.max_calls, known.missed = max(_MIN_PART, calls // 2), 0
        return start.elapsed_time(end) / 1e3, hidden

    def _delay(self, launches_s: float) -> bool:
        """Let the GPU sleep while so much is launched; False where it does not."""
        wanted_s = 2 * launches_s + _LEAST_DELAY_S
        if self._sleep is None or wanted_s > _MAX_DELAY_S:
            return False
        self._sleep(int(wanted_s * _CYCLES_A_SECOND))
        return True


def _nothing() -> None:
    return None


def _cpu(_device: torch.device, operation: Operation, repeats: int) -> float:
    return seconds_of_calls(operation, repeats)


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
