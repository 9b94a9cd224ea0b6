"""Machines that are known exactly: timers and clocks that tell the time that a test gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


class Clock:
    """Stands still until it is told to go on; put in the place of the clocks of a module's `time`."""

    def __init__(self, reading_s: float = 0.0) -> None:
        self.now_s = 0.0
        self._reading_s = reading_s
        self._read = 0

    def go_on(self, seconds: float) -> None:
        self.now_s += seconds
        self._read = 0

    def seconds(self) -> float:
        """What reading it gives, and takes."""
        self._read += 1
        assert self._read < 100_000, "nothing moves the clock that is read for ever"
        self.now_s += self._reading_s
        return self.now_s

    def nanoseconds(self) -> int:
        return round(self.seconds() * 1e9)

    def put_into(self, monkeypatch: pytest.MonkeyPatch) -> Clock:
        """In the place of the clocks of module `time`, for everybody."""
        for name in ("perf_counter", "thread_time"):
            monkeypatch.setattr(f"time.{name}", self.seconds)
            monkeypatch.setattr(f"time.{name}_ns", self.nanoseconds)
        return self


def timer_of(call_s: Callable[[int], float], overhead: float = 1e-7) -> Callable[..., float]:
    """A timer: call_s(n) is what the n-th call takes, whatever the operation."""
    calls = 0

    def timer(_operation: Any, repeats: int) -> float:
        nonlocal calls
        taken = overhead + sum(call_s(n) for n in range(calls, calls + repeats))
        calls += repeats
        return taken

    return timer


def fast() -> None: ...


def slow() -> None: ...


CALL_S = 1e-4


class Machine:
    """A machine whose operations take what they are said to, times what it does to them at each moment.

    It is a timer. `factor` has the seconds so far, and the number of the block.
    """

    def __init__(self, ratio: float, factor: Callable[[float, int], float] = lambda at_s, block: 1.0) -> None:
        self._call_s = {fast: CALL_S, slow: CALL_S * ratio}
        self._factor = factor
        self.at_s, self._block = 0.0, 0

    def __call__(self, operation: Any, repeats: int) -> float:
        taken_s = 1e-7 + repeats * self._call_s.get(operation, CALL_S) * self._factor(self.at_s, self._block)
        self.at_s += taken_s
        self._block += 1
        return taken_s
