"""Long drawings of pages take turns, so that short ones need not wait.

Python runs one thread at a time. Where thirty people press Start at the same moment, thirty threads would
share it: all thirty would be ready late, and so would a slider that is moved meanwhile, and whatever the
server is to send to anybody. So few long drawings are made at a time, those that take least first.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LIMIT = 2  # long drawings: while one waits for the store or for a core, another can draw
LONG_S = 0.03  # of CPU time; shorter drawings never wait
MAX_TURN_S = 0.5  # of wall time; who takes longer, such as with a store that is locked, holds nobody up
PATIENCE = 300.0  # who costs a millisecond less may come 0.3 s later
WEIGHT = 0.2  # of the newest drawing in the mean


class _Waiting(threading.Event):
    """A drawing that waits, until it is set. Of two the one of the lower rank is the next."""

    def __init__(self, rank: tuple[float, int]) -> None:
        super().__init__()
        self.rank = rank


class Turns:
    """Who may draw now. clock: seconds of wall time; cpu: of this thread's CPU time."""

    def __init__(
        self,
        limit: int = LIMIT,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self._limit, self._clock, self._cpu = limit, clock, cpu
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._numbers = itertools.count()
        self._ends_at: dict[object, float] = {}  # of each turn, at the latest, by its thread
        self._cost_s: dict[str, float] = {}  # CPU time of one drawing
        self._drawing: set[int] = set()  # threads

    @contextmanager
    def turn(self, what: str) -> Iterator[None]:
        """Around the drawing of a page or of a part of it; what: its kind, by which its cost is known.

        A part within a page that is being drawn has its turn.
        """
        thread = threading.get_ident()
        if thread in self._drawing:
            yield
            return
        if self._cost_s.get(what, LONG_S) >= LONG_S:
            self._wait(what, thread)
        self._drawing.add(thread)
        began = self._cpu()
        try:
            yield
        finally:
            self._drawing.discard(thread)
            self._learn(what, self._cpu() - began)
            self.give_up()

    def give_up(self) -> None:
        """The next may begin, since this drawing has ended or waits for something else now."""
        with self._lock:
            if self._ends_at.pop(threading.get_ident(), None) is not None:
                self._call_next()

    @property
    def waiting(self) -> int:
        """How many drawings wait for their turn."""
        return len(self._waiting)

    def _wait(self, what: str, thread: int) -> None:
        with self._lock:
            rank = self._clock() + PATIENCE * self._cost_s.get(what, LONG_S)
            mine = _Waiting((rank, next(self._numbers)))
            self._waiting.append(mine)
            self._call_next()
        while not mine.wait(MAX_TURN_S / 10):
            with self._lock:
                self._call_next()
        with self._lock:
            self._ends_at.pop(mine, None)
            self._ends_at[thread] = self._clock() + MAX_TURN_S

    def _call_next(self) -> None:
        """Let the first of those who wait begin, where a turn is free; one that lasts too long is over."""
        now = self._clock()
        self._ends_at = {of: at for of, at in self._ends_at.items() if now < at}
        while self._waiting and len(self._ends_at) < self._limit:
            first = min(self._waiting, key=lambda one: one.rank)
            self._waiting.remove(first)
            self._ends_at[first] = now + MAX_TURN_S  # until its thread is awake
            first.set()

    def _learn(self, what: str, cost_s: float) -> None:
        with self._lock:
            before = self._cost_s.get(what, cost_s)
            self._cost_s[what] = before + WEIGHT * (cost_s - before)


turns = Turns()
