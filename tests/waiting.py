"""Waiting for something to become so, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT_S = 300.0  # only a bug takes longer; no test may depend on it


def wait_until(condition: Callable[[], object]) -> None:
    """Return as soon as the condition holds; fail when it never does."""
    began = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - began
        assert waited_s < LIMIT_S, "it never happened"
        # What is waited for needs the processor more than the question whether it is there.
        time.sleep(min(max(0.02, waited_s / 10), 0.5))
