"""Waiting for a store that is locked, full or gone: the same request again, after pauses that grow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from core.errors import StoreUnavailable
from core.logs import Repeated

FIRST_PAUSE_S, MAX_PAUSE_S = 0.1, 5.0

Found = TypeVar("Found")


def pauses() -> Iterator[float]:
    """How long to wait before each next try."""
    pause_s = FIRST_PAUSE_S
    while True:
        yield pause_s
        pause_s = min(2 * pause_s, MAX_PAUSE_S)


def until_done(
    call: Callable[[], Found], failures: Repeated, what: str, wait: Callable[[float], object] = time.sleep
) -> Found:
    """What call() returns as soon as the store lets it; what: of what the log says that it waits."""
    for pause_s in pauses():
        try:
            found = call()
        except StoreUnavailable as error:
            failures.failed(what, error)
            wait(pause_s)
        else:
            failures.worked(what)
            return found
    raise AssertionError("pauses never end")
