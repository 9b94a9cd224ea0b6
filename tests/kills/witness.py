"""What workers have recorded, known from outside of the store: a line for each event and frame, at once.

A file is of one worker; the system keeps what was written to it however the worker ends.
"""

from __future__ import annotations

import itertools
import os
import struct
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = "KILLS_WITNESS"  # a variable that all processes of a server inherit: by it they are known
BUFFER = "KILLS_BUFFER_S"  # how long the recorder is to gather, to see that the measure notices
EVENT, FRAME, TURN = b"e", b"f", b"t"  # a turn: a worker begins with a run, or once more
_LINE = struct.Struct("<12scqd")  # run, kind, number, seconds of the steady clock


@dataclass(frozen=True)
class Line:
    """An event or a frame of a run, by its number, and when it was there."""

    run: str
    kind: bytes
    number: int
    at: float


def attend(folder: str) -> None:
    """In a worker: note all that its recorders are given from now on."""
    from core.events import Checkpoint, Frame, Picture, Progress
    from core.runs import recorder

    recorder.WRITE_EVERY_S = float(os.environ.get(BUFFER, recorder.WRITE_EVERY_S))
    file = os.open(Path(folder) / str(os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    add, begin = recorder.Recorder.add, recorder.Recorder.__init__

    def note(run: str, kind: bytes, number: int) -> None:
        os.write(file, _LINE.pack(run.encode(), kind, number, time.monotonic()))

    def begun(self: recorder.Recorder, store: Any, run_id: str, *rest: int) -> None:
        note(run_id, TURN, 0)
        begin(self, store, run_id, *rest)

    def noted(self: recorder.Recorder, event: Any) -> str | None:
        kind, number = EVENT, self._sequence + 1
        if isinstance(event, Frame):
            kind, number = FRAME, event.step
        if not isinstance(event, Checkpoint | Picture | Progress):
            note(self._run_id, kind, number)
        return add(self, event)

    recorder.Recorder.add = noted  # type: ignore[method-assign]
    recorder.Recorder.__init__ = begun  # type: ignore[method-assign]


@dataclass
class Witness:
    """Reads the files of all workers, only what is new each time."""

    folder: Path
    lines: dict[int, list[Line]] = field(default_factory=lambda: defaultdict(list))  # by worker
    _read: dict[int, int] = field(default_factory=dict)

    def look(self) -> dict[int, list[Line]]:
        """Everything so far, by worker."""
        for path in self.folder.iterdir():
            worker, known = int(path.name), self._read.get(int(path.name), 0)
            with path.open("rb") as stream:
                stream.seek(known)
                new = stream.read()
            whole = len(new) - len(new) % _LINE.size
            for run, kind, number, at in _LINE.iter_unpack(new[:whole]):
                self.lines[worker].append(Line(run.decode(), kind, number, at))
            self._read[worker] = known + whole
        return self.lines

    def last_turn(self, worker: int, run: str) -> list[Line]:
        """What this worker has recorded of a run since it began with it last."""
        turns = _turns(self.look().get(worker, []))
        return next((turn for turn in reversed(turns) if turn[0].run == run), [])

    def first_by_another(self, run: str, workers: set[int], after: float) -> float | None:
        """When a worker that is none of these first recorded something of the run after a moment."""
        found = [
            line.at
            for worker, lines in self.look().items()
            if worker not in workers and lines and lines[-1].at > after
            for line in lines
            if line.run == run and line.kind != TURN and line.at > after
        ]
        return min(found, default=None)

    def overlapping(self) -> set[str]:
        """Runs that two workers have recorded at the same time."""
        spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for lines in self.look().values():
            for turn in _turns(lines):
                spans[turn[0].run].append((turn[0].at, turn[-1].at))
        return {
            run
            for run, known in spans.items()
            for first, second in itertools.pairwise(sorted(known))
            if second[0] < first[1]
        }


def _turns(lines: list[Line]) -> list[list[Line]]:
    """The lines of a worker by its turns; the first two lines of one begin it."""
    found: list[list[Line]] = []
    for line in lines:
        if line.kind == TURN:
            found.append([line])
        else:
            found[-1].append(line)
    return found


def loss_s(lines: list[Line], last_event: int, last_frame: int, killed_at: float) -> float:
    """For how long before its worker's end everything is lost: from the first that the store lacks on.

    lines: of the worker's last turn with the run. last_event, last_frame: the newest in the store.
    """
    known = {EVENT: last_event, FRAME: last_frame, TURN: 0}
    lost = [line.at for line in lines if line.number > known[line.kind]]
    return max(killed_at, lines[-1].at) - min(lost) if lost else 0.0
