"""Watch something that gets better step by step, of which the last step is the result."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TypeVar

from core.events import Progress

Step = TypeVar("Step")

# Where how far it is cannot be known, only that it lives.
ALIVE = Progress(0, 1, "")


def last_of(steps: Iterable[Step], progress: Progress = ALIVE) -> Generator[Progress, None, Step]:
    """Yield `progress` for each step; returns the last one. There must be at least one."""
    last: list[Step] = []
    for step in steps:
        last[:] = [step]
        yield progress
    return last[0]


def result_of(steps: Generator[object, None, Step]) -> Step:
    """Run a generator to its end, unwatched, and give what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
