"""What a browser gets of a run's pictures and scores: all of them at first, then what is new."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.events import FRAME_VALUES, Picture
from core.runs.store import Run, RunStore
from dashboard.film.panel_encoding import EncodedPanel, encode, encoded

MAX_ANSWER_BYTES = 2 * 2**20  # of panels; what is left comes with the next answer
MAX_SCORES = 400  # rows that are sent: a time line has not many more pixels
MAX_RUNS = 100  # whose scores are held


Row = list[float | None]  # step, and FRAME_VALUES


@dataclass
class _Held:
    """What was read of a run: up to which event, and the scores at each step by where they come from."""

    queued_at: float
    sequence: int = 0
    epochs: dict[int, Row] = field(default_factory=dict)
    frames: dict[int, Row] = field(default_factory=dict)


class Scores:
    """The losses and metrics of runs, at the ends of their epochs and at their frames, read once."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def of(self, store: RunStore, run: Run) -> list[Row]:
        """In the order of their steps. A run that was queued again is read from its start."""
        with self._lock:
            held = self._held.get(run.id)
            if held is None or held.queued_at != run.queued_at:
                held = _Held(run.queued_at)
            for sequence, record in store.events_after(run.id, held.sequence):
                held.sequence = sequence
                if record["event"] == "epoch_completed":
                    held.epochs[record["step"]] = _row(record["step"], record)
            for step, values in store.film_scores(run.id, max(held.frames, default=-1)):
                if values.get("train_loss") is not None:
                    held.frames[step] = _row(step, values)
            if len(self._held) >= MAX_RUNS:
                self._held.clear()
            self._held[run.id] = held
            every = held.frames | held.epochs
            return [every[step] for step in sorted(every)]


def _row(step: int, values: Mapping[str, Any]) -> Row:
    return [step, *(values.get(name) for name in FRAME_VALUES)]


def answer(store: RunStore, scores: Scores, run_id: str, query: Mapping[str, str], after: int) -> bytes:
    """Panels of the pictures after this sequence number, and the scores where the browser has others.

    query: what the browser has: stamp, of when the run was queued; scores, how many rows.

    Raises KeyError where there is no such run.
    """
    run = store.get(run_id)
    if run is None:
        raise KeyError(run_id)
    stamp = f"{run.queued_at:.3f}"
    anew = query.get("stamp") != stamp
    found = _history(store, run_id, 0 if anew else after)
    panels, last, more = _fitting(found, 0 if anew else after)
    rows = scores.of(store, run)
    header: dict[str, Any] = {
        "from_start": anew,
        "ended": run.ended,
        "more": more,
        "stamp": stamp,
        "after": last,
        "count": len(rows),
        "scores": None if query.get("scores") == str(len(rows)) and not anew else thinned(rows),
    }
    return encode(header, panels)


def _history(store: RunStore, run_id: str, after: int) -> list[tuple[int, Picture]]:
    """(sequence number, picture) of what came later; of a run before films its newest pictures."""
    found = store.film_pictures(run_id, after)
    if found or after:
        return found
    return [(1, picture) for picture in store.pictures(run_id).values()]


def _fitting(found: list[tuple[int, Picture]], after: int) -> tuple[list[EncodedPanel], int, bool]:
    """Panels of as many pictures as one answer holds, the last one's number, and whether there are more."""
    newest = {picture.name: number for number, picture in found}
    panels: list[EncodedPanel] = []
    size, last = 0, after
    for number, picture in found:
        if size >= MAX_ANSWER_BYTES:
            return panels, last, True
        for panel in encoded(picture):
            if panel.header["history"] and newest[picture.name] != number:
                continue  # a later one holds all that this one does
            panels.append(panel)
            size += len(panel.arrays)
        last = number
    return panels, last, False


def thinned(rows: list[Row]) -> list[Row]:
    """At most so many rows, evenly chosen, the last among them."""
    every = -(-len(rows) // MAX_SCORES) if rows else 1
    return [row for n, row in enumerate(rows) if n % every == 0 or n == len(rows) - 1]
