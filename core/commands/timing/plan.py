"""What a command is going to do: events to follow, how they are told, and the exit code that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.timing.results.report import ResultFormat
    from core.timing.results.table import Record

OK, NOTHING_RAN, REGRESSION, BAD_INPUT, INTERRUPTED = 0, 1, 1, 2, 130


@dataclass(frozen=True)
class Plan:
    """events are yet to happen, or records that are read. telling is how they are shown.

    exit_code(records, stopped) judges what came of it; stopped is True when Ctrl-C ended them. It raises
    InvalidRequest when what was asked for cannot be had here.
    """

    events: Iterator[Any]
    telling: ResultFormat
    exit_code: Callable[[Sequence[Record], bool], int]
