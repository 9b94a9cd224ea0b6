"""Seconds of work, and what is counted against them."""

from __future__ import annotations

import math
import time

# A job that is held this long at a yield was paused by a person; sinks of its events are faster.
PAUSE_S = 1.0

RATE_WINDOW_S = 0.5


class Stopwatch:
    """Counts from when it is made, on top of what was counted before, and leaves out pauses."""

    def __init__(self, already_s: float = 0.0) -> None:
        self._since = time.perf_counter() - already_s

    def elapsed_s(self) -> float:
        """Seconds so far."""
        return time.perf_counter() - self._since

    def held(self, seconds: float) -> None:
        """Count a wait of the job at a yield as a pause, from PAUSE_S on."""
        if seconds >= PAUSE_S:
            self._since += seconds


class Rate:
    """Something per second, over about the last half second; None until the first such window is over."""

    def __init__(self, watch: Stopwatch) -> None:
        self._watch = watch
        self._count, self._since_s = 0.0, watch.elapsed_s()
        self.per_s: float | None = None

    def add(self, count: float) -> float | None:
        """The rate, now that `count` more are done."""
        self._count += count
        passed_s = self._watch.elapsed_s() - self._since_s
        if passed_s >= RATE_WINDOW_S:
            self.per_s = self._count / passed_s
            self._count, self._since_s = 0.0, self._since_s + passed_s
        return self.per_s


class Timer:
    """Says once every so many seconds that it is time; never without a number of seconds."""

    def __init__(self, watch: Stopwatch, every_s: float | None) -> None:
        self._watch, self._every_s = watch, math.inf if every_s is None else every_s
        self._next_s = watch.elapsed_s() + self._every_s

    def due(self) -> bool:
        """Whether it is time; the wait for the next time begins now."""
        now_s = self._watch.elapsed_s()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + self._every_s
        return True
