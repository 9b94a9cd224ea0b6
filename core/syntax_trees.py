"""Python 3.11 may fail to build a syntax tree while another thread builds one; the next attempt succeeds.

It counts the depth of trees in one counter for all threads ("AST constructor recursion depth mismatch").
NumPy reads the header of each stored array by way of a tree, so this concerns who loads arrays in a server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Built = TypeVar("Built")
ATTEMPTS = 20


def beside_threads(build: Callable[[], Built]) -> Built:
    """What it builds, tried again where another thread came between. Raises the last SystemError."""
    for _ in range(ATTEMPTS - 1):
        try:
            return build()
        except SystemError:
            continue
    return build()
