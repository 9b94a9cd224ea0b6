"""A job on the command line: its events go to sinks as they come, and Ctrl-C loses none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from core.commands.output import JSON, TEXT, print_json
from core.commands.progress_line import ProgressLine

Sink = Callable[[Any], None]


def run_job(events: Iterable[Any], *sinks: Sink, log_every_s: float | None = None) -> bool:
    """Hand each event to every sink as it comes, and Progress to the progress line.

    Returns False when Ctrl-C ended the job. log_every_s: see ProgressLine.
    """
    from core.events import Progress

    line = ProgressLine(log_every_s)
    try:
        for event in events:
            if isinstance(event, Progress):
                line.show(event)
            else:
                line.clear()
                for sink in sinks:
                    sink(event)
    except KeyboardInterrupt:
        return False
    finally:
        line.clear()
    return True


def event_printer(format: str, text: Callable[[Any], str | None]) -> Sink:
    """A sink that prints each event at once: as a line of JSON, or as text(event) where that is not None.

    Other formats need all events and print nothing here; pictures, frames and checkpoints have no text.
    """
    from core.events import Checkpoint, Frame, Picture

    def show(event: Any) -> None:
        if isinstance(event, Picture | Frame | Checkpoint):
            return
        if format == JSON:
            print_json(as_record(event))
        elif format == TEXT and (line := text(event)) is not None:
            print(line, flush=True)

    return show


def as_record(event: Any) -> dict[str, Any]:
    """The event's record; what was read from a file is one already."""
    from core.events import event_record

    return event if isinstance(event, dict) else event_record(event)
