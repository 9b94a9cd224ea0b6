"""Python's collector of garbage, kept from what it need not look through: large packages while they load, and
everything at the end of a process.
"""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Import large packages: what is imported stays, and to look for garbage in it is a tenth of the time."""
    before = len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > before:
            gc.freeze()
        gc.enable()


def end_without_collection() -> None:
    """Let this process end without a last search for garbage: with torch loaded it takes half a second."""
    atexit.register(gc.freeze)
