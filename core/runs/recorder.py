"""A sink: gathers a run's events and writes them to the store a few times a second."""

from __future__ import annotations

import time
from typing import Any

from core.events import Checkpoint, Frame, Picture, Progress, event_record
from core.runs.store import RunStore

WRITE_EVERY_S = 0.25  # what a kill -9 can lose; each write costs some 2 ms


class Recorder:
    """Buffers the events of one run; the first one is written now, so that a page sees the start."""

    def __init__(self, store: RunStore, run_id: str, sequence: int = 0, change: int = 0) -> None:
        """sequence, change: of the last event and the last change of settings, where the run resumes from a
        checkpoint.
        """
        self._store, self._run_id = store, run_id
        self._sequence, self._change = sequence, change
        self._written_at, self._looked = 0.0, False
        self.gives_way = False  # with the next checkpoint the job leaves its place
        self._events: list[tuple[int, float, dict[str, Any]]] = []
        self._pictures: dict[str, Picture] = {}
        self._film_pictures: list[Picture] = []
        self._frames: list[Frame] = []
        self._progress: Progress | None = None

    def add(self, event: Any) -> str | None:
        """Take one event; returns what the person requested ("stop", "pause", ...) when it looked."""
        if isinstance(event, Progress):
            self._progress = event
        elif isinstance(event, Picture):
            self._pictures[event.name] = event
            if event.in_film:
                self._film_pictures.append(event)
        elif isinstance(event, Frame):
            self._frames.append(event)
        elif isinstance(event, Checkpoint):
            return self._keep(event)
        else:
            self._sequence += 1
            self._events.append((self._sequence, time.time(), event_record(event)))
        due = time.monotonic() - self._written_at >= WRITE_EVERY_S
        return self.flush() if due else None

    def changes(self) -> dict[str, Any]:
        """The settings that the person has changed since the last call, as of the last flush()."""
        found: dict[str, Any] = {}
        if self._looked:
            self._looked = False
            for number, settings in self._store.changes_after(self._run_id, self._change):
                self._change = number
                found |= settings
        return found

    def _keep(self, checkpoint: Checkpoint) -> str | None:
        """Write it, together with what came before it; events after it would come again."""
        requested = self.flush()
        self._store.keep_checkpoint(
            self._run_id, self._sequence, self._change, checkpoint.state, self.gives_way
        )
        return requested

    def flush(self) -> str | None:
        """Write what has gathered."""
        events, pictures, progress = self._events, self._pictures.values(), self._progress
        frames, film_pictures = self._frames, self._film_pictures
        self._events, self._pictures, self._frames, self._progress = [], {}, [], None
        self._film_pictures = []
        self._written_at, self._looked = time.monotonic(), True
        return self._store.write(self._run_id, events, pictures, progress, frames, film_pictures)
