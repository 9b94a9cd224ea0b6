"""Waiting for something to become so, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT_S = 300.0  # only a bug takes longer; no test may depend on it


def wait_until(condition: Callable[[], object]) -> None:
    """Return as soon as the condition holds; fail when it never does."""
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
