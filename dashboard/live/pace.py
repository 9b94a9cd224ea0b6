"""How often the pages of open runs may be drawn anew, so that all together leave room for others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MIN_S = 0.8  # between two drawings of one page
MAX_SHARED_S = 2.0  # how old at most what is drawn may be, beside the wait for the drawing
SHARE = 0.35  # of one core, for all drawings together
BESIDE = 1.6  # times a drawing's own CPU time is what the server spends on it, sending included
BURST = 4  # drawings that may begin at the same moment
GONE_S = 5.0  # a page that has not asked for so long, and not for two of its waits, is gone
MAX_PAGES = 20_000  # that are counted
_SMOOTHING = 0.1  # weight of the newest drawing in the mean


class Pace:
    """Counts the pages that are looked at and what it costs to draw one.

    clock and cpu: seconds of wall time, and of this thread's CPU time.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.thread_time
    ) -> None:
        self._clock, self._cpu = clock, cpu
        self._lock = threading.Lock()
        self._asked_at: dict[str, float] = {}
        self._counted_at = 0.0
        self._cost_s = 0.02
        self._every_s = MIN_S
        self._granted, self._granted_at = float(BURST), clock()

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Around the drawing of a page, to learn what it costs."""
        began = self._cpu()
        try:
            yield
        finally:
            spent = BESIDE * (self._cpu() - began)
            with self._lock:
                self._cost_s += _SMOOTHING * (spent - self._cost_s)

    def wait_s(self, page: str, age_s: float) -> float:
        """For how long a page is to wait that was drawn so long ago; 0 where it may be drawn now."""
        now = self._clock()
        with self._lock:
            self._count(page, now)
            if age_s < self._every_s - 0.05:
                return self._every_s - age_s
            per_s = SHARE / max(self._cost_s, 1e-6)
            self._granted = min(float(BURST), self._granted + per_s * (now - self._granted_at))
            self._granted_at = now
            if self._granted < 1:
                return max(0.2, 2 / per_s)
            self._granted -= 1
            return 0.0

    @property
    def every_s(self) -> float:
        """Between two drawings of one page, as long as so many are looked at."""
        return self._every_s

    @property
    def shared_s(self) -> float:
        """For how long what one page has read of a run serves the others, which then draw the same charts."""
        return min(max(MIN_S, self._every_s / 4), MAX_SHARED_S) if len(self._asked_at) > 1 else 0.0

    def _count(self, page: str, now: float) -> None:
        if page in self._asked_at or len(self._asked_at) < MAX_PAGES:
            self._asked_at[page] = now
        if now - self._counted_at < 0.5:
            return
        self._counted_at = now
        since = now - max(GONE_S, 2 * self._every_s)
        self._asked_at = {page: at for page, at in self._asked_at.items() if at >= since}
        self._every_s = max(MIN_S, len(self._asked_at) * self._cost_s / SHARE)


pace = Pace()
