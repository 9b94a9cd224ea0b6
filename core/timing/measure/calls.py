"""A block of calls on the CPU, timed: the innermost loop of every clock here. The standard library alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def seconds_of_calls(operation: Callable[[], Any], repeats: int) -> float:
    """How long so many calls take, one after another."""
    start = time.perf_counter_ns()
    for _ in range(repeats):
        operation()
    return (time.perf_counter_ns() - start) / 1e9
