"""A GPU that is simulated: a program that launches, a queue, and stamps in it. Nothing is computed."""

from __future__ import annotations

import contextlib
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from core.timing.measure import timers

# NVIDIA does not tell how long its queue is; 1,024 launches is what people find.
QUEUE = 1024
CYCLES_A_SECOND = 1.7e9


class Gpu:
    """Has its own time, and works through a queue; the program waits when the queue is full."""

    def __init__(self) -> None:
        self.host_s = 0.0
        self.busy_until_s = 0.0
        self._waiting: deque[float] = deque()  # when each launch will be done

    def launch(self, kernel_s: float, launch_s: float = 0.0) -> float:
        """One launch: the program's time, then the GPU's; returns when it will be done."""
        self.host_s += launch_s
        while self._waiting and self._waiting[0] <= self.host_s:
            self._waiting.popleft()
        if len(self._waiting) >= QUEUE:
            self.host_s = self._waiting.popleft()
        self.busy_until_s = max(self.busy_until_s, self.host_s) + kernel_s
        self._waiting.append(self.busy_until_s)
        return self.busy_until_s

    def event(self, enable_timing: bool) -> Any:
        stamp = SimpleNamespace(at_s=0.0)

        def record() -> None:
            stamp.at_s = self.launch(0.0)

        def wait() -> None:
            self.host_s = max(self.host_s, stamp.at_s)

        stamp.record, stamp.synchronize = record, wait
        stamp.query = lambda: stamp.at_s <= self.host_s
        stamp.elapsed_time = lambda end: 1e3 * (end.at_s - stamp.at_s)
        return stamp

    def synchronize(self, _device: object = None) -> None:
        """The program waits until everything is done."""
        self.host_s = max(self.host_s, self.busy_until_s)

    def put_into(self, monkeypatch: pytest.MonkeyPatch) -> Gpu:
        """In the place of torch's CUDA and of the clock that timers read."""
        monkeypatch.setattr(torch.cuda, "Event", self.event)
        monkeypatch.setattr(torch.cuda, "device", lambda device: contextlib.nullcontext())
        monkeypatch.setattr(torch.cuda, "synchronize", self.synchronize)
        monkeypatch.setattr(
            torch.cuda, "_sleep", lambda cycles: self.launch(cycles / CYCLES_A_SECOND), raising=False
        )
        clock = SimpleNamespace(
            perf_counter=lambda: self.host_s, perf_counter_ns=lambda: round(1e9 * self.host_s)
        )
        monkeypatch.setattr(timers, "time", clock)
        return self
