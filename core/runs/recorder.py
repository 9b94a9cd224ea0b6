"""A sink: gathers a run's events and writes them to the store a few times a second.

Where the store cannot be written, what has gathered stays in memory and is tried again; where that is much,
the job waits.
"""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import StoreUnavailable
from core.events import Checkpoint, Frame, Picture, Progress, event_record
from core.logs import Repeated
from core.runs.faults.patience import pauses, until_done
from core.runs.store import RunStore

WRITE_EVERY_S = 0.25  # what a kill -9 can lose; each write costs some 2 ms
MAX_GATHERED_BYTES = 32 * 2**20  # of events, pictures and frames, before the job waits for the store
EVENT_BYTES = 1000  # of one event in memory, about

_failures = Repeated(logging.getLogger(__name__))


@dataclass(frozen=True)
class _Kept:
    """A checkpoint that the store has not taken yet: a copy, since its tensors change with the next step."""

    sequence: int
    change: int
    state: Mapping[str, Any]
    gave_way: bool


class Recorder:
    """Buffers the events of one run; the first one and the first picture are written now, for the page."""

    def __init__(self, store: RunStore, run_id: str, sequence: int = 0, change: int = 0) -> None:
        """sequence, change: of the last event and the last change of settings, where the run resumes from a
        checkpoint.
        """
        self._store, self._run_id = store, run_id
        self._sequence, self._change = sequence, change
        self._looked = self._has_shown = False
        self._write_at = 0.0  # not before
        self._pauses: Iterator[float] | None = None  # of what the store has refused
        self.gives_way = False  # with the next checkpoint the job leaves its place
        self._bytes = 0  # that have gathered, about
        self._events: list[tuple[int, float, dict[str, Any]]] = []
        self._pictures: dict[str, Picture] = {}
        self._film_pictures: list[Picture] = []
        self._frames: list[Frame] = []
        self._progress: Progress | None = None
        self._checkpoint: _Kept | None = None

    def add(self, event: Any) -> str | None:
        """Take one event; returns what the person requested ("stop", "pause", ...) when it looked."""
        if isinstance(event, Progress):
            self._progress = event
        elif isinstance(event, Picture):
            if not self._has_shown:  # the first one is waited for
                self._has_shown, self._write_at = True, 0.0
            self._pictures[event.name] = event
            if event.in_film:
                self._film_pictures.append(event)
                self._bytes += sum(array.nbytes for array in event.arrays.values())
        elif isinstance(event, Frame):
            self._frames.append(event)
            self._bytes += event.weights.nbytes
        elif isinstance(event, Checkpoint):
            return self._keep(event)
        else:
            self._sequence += 1
            self._events.append((self._sequence, time.time(), event_record(event)))
            self._bytes += EVENT_BYTES
        if self._bytes > MAX_GATHERED_BYTES:
            return self.finish()
        return self.flush() if time.monotonic() >= self._write_at else None

    def changes(self) -> dict[str, Any]:
        """The settings that the person has changed since the last call, as of the last flush()."""
        found: dict[str, Any] = {}
        if self._looked:
            try:
                asked = self._store.changes_after(self._run_id, self._change)
            except StoreUnavailable:  # the next look finds them
                return found
            self._looked = False
            for number, settings in asked:
                self._change = number
                found |= settings
        return found

    def _keep(self, checkpoint: Checkpoint) -> str | None:
        """Write it, together with what came before it; events after it would come again."""
        self._checkpoint = _Kept(self._sequence, self._change, checkpoint.state, self.gives_way)
        if self.gives_way:  # the run resumes from this one
            return self.finish()
        requested = self.flush()
        if self._checkpoint is not None:
            self._checkpoint = copy.deepcopy(self._checkpoint)
        return requested

    def flush(self) -> str | None:
        """Write what has gathered; what the store refuses stays, and is tried again a moment later."""
        try:
            requested = self._write()
        except StoreUnavailable as error:
            _failures.failed(self._waiting(), error)
            self._pauses = self._pauses or pauses()
            self._write_at = time.monotonic() + next(self._pauses)
            return None
        if self._pauses is not None:
            _failures.worked(self._waiting())
            self._pauses = None
        return requested

    def finish(self) -> str | None:
        """Write what has gathered, however long the store takes."""
        requested = until_done(self._write, _failures, self._waiting())
        self._pauses = None
        return requested

    def _waiting(self) -> str:
        return f"What the run {self._run_id} has recorded stays in memory."

    def _write(self) -> str | None:
        """Write it now. Raises StoreUnavailable, and then all of it is still here."""
        requested = self._store.write(
            self._run_id,
            self._events,
            self._pictures.values(),
            self._progress,
            self._frames,
            self._film_pictures,
        )
        self._events, self._pictures, self._frames, self._progress = [], {}, [], None
        self._film_pictures, self._bytes = [], 0
        self._write_at, self._looked = time.monotonic() + WRITE_EVERY_S, True
        if kept := self._checkpoint:
            self._store.keep_checkpoint(self._run_id, kept.sequence, kept.change, kept.state, kept.gave_way)
            self._checkpoint = None
        return requested
