"""How often the pages of open runs may be drawn anew, so that all together leave room for others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MIN_S = 0.8  # between two drawings of one page
SHARE = 0.35  # of one core, for all drawings together
BESIDE = 1.6  # times a drawing's own CPU time is what the server spends on it, sending included
MAX_ASK_S = 5.0  # until a page that waits for its turn asks again
MAX_WAIT_S = 60.0  # for a turn, also where more pages ask than the share has room for
MAX_SHARED_S = 2.0  # how old at most what is drawn may be, beside the wait for the drawing
MAX_PAGES = 20_000  # that are counted
GONE_S = 2 * MAX_ASK_S  # a page that has not asked for so long is gone
EARLY_S = 0.05  # a page that comes so much too early is let in
HALF_S = 3.0  # after which a slow drawing counts for half
_CPU_WEIGHT, _WALL_WEIGHT = 0.1, 0.3  # of the newest drawing in the means


class Pace:
    """Gives each page that wants to be drawn its turn, in the order in which they ask.

    A page gets the next number, and numbers are called as fast as drawings cost. clock: seconds of wall time;
    cpu: of this thread's CPU time.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.thread_time
    ) -> None:
        self._clock, self._cpu = clock, cpu
        self._lock = threading.Lock()
        self._numbers: dict[str, float] = {}  # of the pages that wait
        self._asked: dict[str, float] = {}  # when each page asked last
        self._next = self._called = 0.0
        self._called_at = self._counted_at = self._wall_at = clock()
        self._cpu_s, self._wall_s = 0.02, 0.0  # of a drawing

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Around the drawing of a page, to learn what it costs."""
        cpu, began = self._cpu(), self._clock()
        try:
            yield
        finally:
            spent, now = self._cpu() - cpu, self._clock()
            with self._lock:
                self._cpu_s += _CPU_WEIGHT * (spent - self._cpu_s)
                before = self._wall(now)
                self._wall_s, self._wall_at = before + _WALL_WEIGHT * (now - began - before), now

    def wait_s(self, page: str, age_s: float) -> float:
        """For how long a page is to wait that was drawn so long ago; 0 where it may be drawn now."""
        now = self._clock()
        with self._lock:
            self._call(now)
            self._count(page, now)
            if age_s < MIN_S - EARLY_S:
                return MIN_S - age_s
            if page not in self._numbers:
                self._give_number(page, now)
            waits = self._numbers.get(page, self._next) - self._called
            if waits > 0:
                return min(max(waits / self._per_s(now), 2 * EARLY_S), MAX_ASK_S)
            del self._numbers[page]
            return 0.0

    @property
    def shared_s(self) -> float:
        """For how long what one page has read of a run serves the others, which then draw the same charts."""
        now = self._clock()
        with self._lock:
            self._call(now)
            if len(self._asked) < 2:
                return 0.0
            return min(max(MIN_S, (self._next - self._called) / self._per_s(now) / 4), MAX_SHARED_S)

    def _per_s(self, now: float) -> float:
        """Turns. A drawing that takes long without working waits for a core: more would only pile up."""
        return SHARE / max(BESIDE * self._cpu_s, SHARE * self._wall(now), 1e-6)

    def _wall(self, now: float) -> float:
        return float(self._wall_s * 0.5 ** ((now - self._wall_at) / HALF_S))

    def _call(self, now: float) -> None:
        self._called = min(self._next, self._called + self._per_s(now) * (now - self._called_at))
        self._called_at = now

    def _give_number(self, page: str, now: float) -> None:
        if len(self._numbers) < MAX_PAGES:
            self._numbers[page] = min(self._next, self._called + MAX_WAIT_S * self._per_s(now))
            self._next = self._numbers[page] + 1

    def _count(self, page: str, now: float) -> None:
        if now - self._counted_at >= 0.5:
            self._counted_at = now
            self._asked = {known: at for known, at in self._asked.items() if at >= now - GONE_S}
            for gone in self._numbers.keys() - self._asked.keys():
                del self._numbers[gone]
        if page in self._asked or len(self._asked) < MAX_PAGES:
            self._asked[page] = now


pace = Pace()
