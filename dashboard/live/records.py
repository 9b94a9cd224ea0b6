"""What runs have recorded, read from the store once for all who look at them.

A class that watches one training would else keep all of its records once for each person, and read them anew.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.events import Picture
from core.runs.news import news_of
from core.runs.store import RunStore

MAX_RECORDS = 50_000  # of all runs together, some 60 MiB; the run that is asked for is always held
MAX_PICTURES_BYTES = 64 * 2**20  # of all runs together; likewise
KEPT_S = 120.0  # after the last look; a run that somebody follows is looked at each few seconds


class Records(list[dict[str, Any]]):
    """A run's records in order, the same list for everybody: nobody may change it.

    version: of these records; another list of the same version holds the same.
    """

    def __init__(self, records: list[dict[str, Any]] = [], version: tuple[int, int] = (0, 0)) -> None:  # noqa: B006
        super().__init__(records)
        self.version = version

    @cached_property
    def by_event(self) -> dict[str, list[dict[str, Any]]]:
        """The records of each kind of event."""
        found: dict[str, list[dict[str, Any]]] = {}
        for record in self:
            found.setdefault(record["event"], []).append(record)
        return found


@dataclass(frozen=True)
class Look:
    """A run as somebody has just read it; nobody may change what it holds.

    news: the mark of core.runs.news from before the rest was read.
    """

    news: str
    records: Records
    pictures: dict[str, Picture]  # the newest of each name


@dataclass
class _Held:
    """One run as it was read last. readings: how often its records were read from the start."""

    look: Look | None = None
    read_at: float = 0.0
    looked_at: float = 0.0
    sequence: int = 0
    readings: int = 0
    pictures_bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class SharedRuns:
    """The records and newest pictures of the runs that were looked at last, bounded in all."""

    def __init__(
        self,
        max_records: int = MAX_RECORDS,
        max_pictures_bytes: int = MAX_PICTURES_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_records, self._max_pictures_bytes = max_records, max_pictures_bytes
        self._clock = clock
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def look(self, store: RunStore, run_id: str, max_age_s: float = 0.0) -> Look | None:
        """The run as it is now, or as somebody has read it so short ago; None where there is none."""
        with self._lock:
            held = self._held.setdefault(run_id, _Held())
            held.looked_at = self._clock()
            self._held.move_to_end(run_id)
        with held.lock:  # the others wait for the one who reads
            if held.look is None or self._clock() - held.read_at >= max_age_s:
                read_at, news = self._clock(), news_of(store, run_id)
                if news is None:
                    held.look = None
                elif held.look is None or held.look.news != news:
                    _catch_up(held, store, run_id, news)
                held.read_at = read_at
            found = held.look
        self._make_room(run_id)
        return found

    def records(self, store: RunStore, run_id: str) -> Records:
        """All that it has recorded so far."""
        found = self.look(store, run_id)
        return found.records if found else Records()

    def _make_room(self, run_id: str) -> None:
        """Forget runs that nobody looks at any more; where they are too many, those of the oldest looks."""
        with self._lock:
            records = sum(map(_records_of, self._held.values()))
            pictures = sum(held.pictures_bytes for held in self._held.values())
            too_old = self._clock() - KEPT_S
            for oldest, held in [*self._held.items()]:
                too_much = records > self._max_records or pictures > self._max_pictures_bytes
                if oldest == run_id or not (too_much or held.looked_at < too_old):
                    return
                del self._held[oldest]
                records -= _records_of(held)
                pictures -= held.pictures_bytes


def _records_of(held: _Held) -> int:
    return len(held.look.records) if held.look else 0


def _catch_up(held: _Held, store: RunStore, run_id: str, news: str) -> None:
    """Read what is new; all where the last record is not the store's any more, since the run was resumed."""
    before = held.look.records if held.look else Records()
    new = store.events_after(run_id, max(0, held.sequence - 1))
    if before and new and new[0] == (held.sequence, before[-1]):
        new = new[1:]
    elif before:
        before, new = Records(), store.events_after(run_id)
    held.readings += not before
    held.sequence = new[-1][0] if new else held.sequence if before else 0
    every = [*before, *(record for _, record in new)]
    pictures = store.pictures(run_id)
    held.pictures_bytes = sum(array.nbytes for one in pictures.values() for array in one.arrays.values())
    records = before if before and not new else Records(every, (held.readings, held.sequence))
    held.look = Look(news, records, pictures)


shared = SharedRuns()
