"""How often the pages of open runs may be drawn anew, so that all together leave room for others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MIN_S = 0.8  # between two drawings of one page
SHARE = 0.35  # of one core, for all drawings together
BESIDE = 1.6  # times a drawing's own CPU time is what the server spends on it, sending included
MAX_WAIT_S = 60.0  # for a turn, also where more pages ask than the share has room for
MAX_SHARED_S = 2.0  # how old at most what is drawn may be, beside the wait for the drawing
MAX_PAGES = 20_000  # that are counted
GONE_S = 5.0  # after its turn a page that does not come for it is gone
EARLY_S = 0.05  # a page that comes so much too early is let in
_SMOOTHING = 0.1  # weight of the newest drawing in the mean


class Pace:
    """Gives each page that wants to be drawn its turn, in the order in which they ask.

    Turns lie as far apart as a drawing costs. clock: seconds of wall time; cpu: of this thread's CPU time.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.thread_time
    ) -> None:
        self._clock, self._cpu = clock, cpu
        self._lock = threading.Lock()
        self._turns: dict[str, float] = {}  # when each page that waits may be drawn
        self._drawn: dict[str, float] = {}  # when others were let in last
        self._free_at = self._counted_at = clock()
        self._cost_s = 0.02

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Around the drawing of a page, to learn what it costs."""
        began, began_at = self._cpu(), self._clock()
        try:
            yield
        finally:
            # One that takes long without working waits for a core: then they would only pile up.
            spent = max(BESIDE * (self._cpu() - began), SHARE * (self._clock() - began_at))
            with self._lock:
                self._cost_s += _SMOOTHING * (spent - self._cost_s)

    def wait_s(self, page: str, age_s: float) -> float:
        """For how long a page is to wait that was drawn so long ago; 0 where it may be drawn now."""
        now = self._clock()
        with self._lock:
            self._forget_gone(now)
            if page not in self._turns:
                self._give_turn(page, now + max(0.0, MIN_S - age_s), now)
            turn = self._turns.get(page, now + MAX_WAIT_S)
            if turn > now + EARLY_S:
                return turn - now
            del self._turns[page]
            self._drawn[page] = now
            return 0.0

    @property
    def shared_s(self) -> float:
        """For how long what one page has read of a run serves the others, which then draw the same charts."""
        with self._lock:
            if len(self._turns.keys() | self._drawn.keys()) < 2:
                return 0.0
            return min(max(MIN_S, (self._free_at - self._clock()) / 4), MAX_SHARED_S)

    def _give_turn(self, page: str, earliest: float, now: float) -> None:
        if len(self._turns) >= MAX_PAGES:
            return
        turn = min(max(earliest, self._free_at), now + MAX_WAIT_S)
        self._turns[page] = turn
        self._free_at = turn + self._cost_s / SHARE

    def _forget_gone(self, now: float) -> None:
        if now - self._counted_at < 0.5:
            return
        self._counted_at = now
        for pages in (self._turns, self._drawn):
            for page in [page for page, at in pages.items() if at < now - GONE_S]:
                del pages[page]


pace = Pace()
