"""The timer of a GPU, on a GPU that is simulated: a program that launches, a queue, and stamps in it."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from core.timing.measure import timers
from core.timing.measure.clock import time_operation
from core.timing.measure.timers import QUEUED_CALLS, CudaTimer

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


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Gpu:
    gpu = Gpu()
    monkeypatch.setattr(torch.cuda, "Event", gpu.event)
    monkeypatch.setattr(torch.cuda, "device", lambda device: contextlib.nullcontext())
    monkeypatch.setattr(
        torch.cuda, "_sleep", lambda cycles: gpu.launch(cycles / CYCLES_A_SECOND), raising=False
    )
    monkeypatch.setattr(timers, "time", SimpleNamespace(perf_counter=lambda: gpu.host_s))
    return gpu


def cuda_timer() -> CudaTimer:
    return CudaTimer(torch.device("cuda:0"))


def blocks(timer: CudaTimer, operation: Any, calls: int) -> list[float]:
    """Seconds a call, after the blocks that the timer learns from."""
    taken_s = [timer(operation, 1 if block < 3 else calls) for block in range(8)]
    return [one / calls for one in taken_s[3:]]


def test_a_kernel_shorter_than_its_launch_is_timed_without_it(gpu: Gpu) -> None:
    timer = cuda_timer()
    calls_s = blocks(timer, lambda: gpu.launch(2e-6, launch_s=5e-6), 200)
    assert calls_s == pytest.approx([2e-6] * 5, rel=1e-6)
    assert timer.launches_hidden
    assert timer.launch_s == pytest.approx(5e-6)


def test_without_a_delay_the_figure_is_the_launchs_and_says_so(
    gpu: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(torch.cuda, "_sleep")
    timer = cuda_timer()
    calls_s = blocks(timer, lambda: gpu.launch(2e-6, launch_s=5e-6), 200)
    assert calls_s[0] == pytest.approx(5e-6, rel=0.02)
    assert not timer.launches_hidden


def test_a_first_call_that_sets_everything_up_does_not_stay_the_cost_of_a_launch(gpu: Gpu) -> None:
    calls = 0

    def operation() -> None:
        nonlocal calls
        calls += 1
        gpu.launch(2e-6, launch_s=1.0 if calls == 1 else 5e-6)

    timer = cuda_timer()
    assert timer(operation, 1) == pytest.approx(1.0, rel=0.01)
    blocks(timer, operation, 100)
    assert timer.launch_s == pytest.approx(5e-6)
    assert timer.launches_hidden


def test_more_launches_than_the_queue_takes_are_not_called_hidden_and_cost_what_they_cost(gpu: Gpu) -> None:
    def operation() -> None:
        for _ in range(30):
            gpu.launch(2e-6, launch_s=5e-6)

    timer = cuda_timer()
    calls_s = blocks(timer, operation, 100)
    assert not timer.launches_hidden
    assert timer.launch_s == pytest.approx(30 * 5e-6, rel=0.01)
    assert all(30 * 2e-6 <= call_s <= 30 * 5e-6 * 1.01 for call_s in calls_s)


def test_each_of_two_operations_gets_the_delay_that_it_needs(gpu: Gpu) -> None:
    def light() -> None:
        gpu.launch(2e-6, launch_s=2e-6)

    def heavy() -> None:
        gpu.launch(2e-6, launch_s=2e-5)

    timer = cuda_timer()
    for operation in (light, heavy, light, heavy):
        timer(operation, 1)
    for operation in (light, heavy, heavy, light):
        assert timer(operation, 200) / 200 == pytest.approx(2e-6, rel=1e-6)
        assert timer.launches_hidden


def test_a_flush_is_queued_ahead_and_its_time_does_not_count(gpu: Gpu) -> None:
    timer = cuda_timer()
    flushed: list[float] = []
    taken_s = timer(
        lambda: gpu.launch(3e-6, launch_s=5e-6), 1, before=lambda: flushed.append(gpu.launch(1e-3))
    )
    assert taken_s == pytest.approx(3e-6)
    assert len(flushed) == 1


def test_the_clock_tells_the_kernels_time_and_the_launchs_apart(gpu: Gpu) -> None:
    *_, timing = time_operation(
        lambda: gpu.launch(2e-6, launch_s=5e-6), "cuda:0", max_seconds=0.01, flush="not wanted"
    )
    assert timing.median_s == pytest.approx(2e-6, rel=1e-6)
    assert timing.launch_s == pytest.approx(5e-6)
    assert timing.launches_hidden is True
    assert timing.repeats <= QUEUED_CALLS


def test_blocks_on_the_cpu_take_as_long_as_their_calls() -> None:
    timer = timers.timer_for("cpu")
    assert 0.03 <= timer(lambda: time.sleep(0.01), 3) < 0.3
    assert timers.max_repeats("cpu") is None
