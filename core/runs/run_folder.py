"""A sink: the folder that a headless training writes, and can resume from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO, Any

from core.errors import InvalidRequest
from core.events import Checkpoint, Frame, Picture, Progress, event_record
from core.paths import replace_file
from core.records import from_record
from core.runs.checkpoints import read, write
from core.training.config import TrainConfig

EVENTS, CHECKPOINT = "events.jsonl", "checkpoint.pt"


class Folder:
    """events.jsonl, one record a line as --json prints them, and checkpoint.pt, the latest checkpoint."""

    def __init__(self, path: Path, lines: int = 0) -> None:
        """Begin a training in this folder; the first `lines` of an earlier one are kept, no others.

        Raises InvalidRequest when the folder cannot be written to.
        """
        self._path, self._lines = path, lines
        try:
            path.mkdir(parents=True, exist_ok=True)
            kept = _first_lines(path / EVENTS, lines)
            beside = path / f".{EVENTS}.{os.getpid()}"
            beside.write_text(kept, encoding="utf-8")
            replace_file(beside, path / EVENTS)
            self._events: IO[str] = (path / EVENTS).open("a", encoding="utf-8")
        except OSError as error:
            raise InvalidRequest(
                f"The folder {str(path)!r} cannot be written to: {error.strerror}."
            ) from None

    def add(self, event: Any) -> None:
        """Keep one event."""
        if isinstance(event, Checkpoint):
            self._events.flush()
            write(self._path / CHECKPOINT, {"lines": self._lines, "state": dict(event.state)})
        elif not isinstance(event, Progress | Picture | Frame):
            self._events.write(json.dumps(event_record(event), ensure_ascii=False) + "\n")
            self._lines += 1

    def close(self) -> None:
        """No more will come."""
        self._events.close()


def checkpoint_in(path: Path) -> tuple[TrainConfig, int, dict[str, Any]]:
    """Config, lines of events.jsonl before it, and state of the checkpoint in a folder.

    Raises InvalidRequest when there is none that can be read.
    """
    kept = read(path / CHECKPOINT)
    return from_record(TrainConfig, kept["state"]["config"]), kept["lines"], kept["state"]


def _first_lines(path: Path, count: int) -> str:
    if not count or not path.exists():
        return ""
    return "".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:count])
