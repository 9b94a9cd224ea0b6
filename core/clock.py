"""Whether the machine's clock was set: durations must not follow it."""

from __future__ import annotations

import time
from collections.abc import Callable

MIN_JUMP_S = 0.5  # less is drift that is being corrected


class ClockWatch:
    """Compares the clock of dates with the steady one, which nobody sets and which stands still in sleep."""

    def __init__(
        self, clock: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock, self._steady = clock, steady
        self._ahead_s = clock() - steady()

    def jump(self) -> float:
        """By how many seconds the clock was set since the last call, back where negative; else 0."""
        before, self._ahead_s = self._ahead_s, self._clock() - self._steady()
        jump_s = self._ahead_s - before
        return jump_s if abs(jump_s) >= MIN_JUMP_S else 0.0
