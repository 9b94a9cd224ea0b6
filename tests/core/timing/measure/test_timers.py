"""The timer of a GPU, on a GPU that is simulated."""

from __future__ import annotations

import gc
import random
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch

from core.timing.measure import timers
from core.timing.measure.clock import TIME_LIMIT, measure, time_operation
from core.timing.measure.timers import QUEUED_CALLS, CudaTimer
from core.timing.measure.wall import WallTiming
from tests.core.timing.queue_model import Gpu


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Gpu:
    return Gpu().put_into(monkeypatch)


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


def launching(gpu: Gpu, kernels: int) -> Callable[[], None]:
    def operation() -> None:
        for _ in range(kernels):
            gpu.launch(2e-6, launch_s=5e-6)

    return operation


def test_more_launches_than_the_queue_takes_are_not_called_hidden_and_cost_what_they_cost(gpu: Gpu) -> None:
    timer = cuda_timer()
    calls_s = blocks(timer, launching(gpu, 1200), 10)
    assert not timer.launches_hidden
    assert timer.launch_s == pytest.approx(1200 * 5e-6, rel=0.2)
    assert all(1199 * 2e-6 <= call_s <= 1200 * 5e-6 * 1.01 for call_s in calls_s), calls_s


@pytest.mark.parametrize("kernels", [1, 30, 200])
def test_a_block_is_cut_until_its_launches_can_be_hidden(gpu: Gpu, kernels: int) -> None:
    # 256 calls would take 1.3, 38 and 256 ms to launch, and the last two do not fit the queue either.
    timer = cuda_timer()
    operation = launching(gpu, kernels)
    call_s = blocks(timer, operation, QUEUED_CALLS)[-1]
    assert timer.launches_hidden
    assert call_s == pytest.approx(kernels * 2e-6, rel=1e-6)


def test_an_operation_that_was_timed_is_not_kept_alive(gpu: Gpu) -> None:
    timer, operation = cuda_timer(), launching(gpu, 1)
    blocks(timer, operation, 10)
    alive = weakref.ref(operation)
    del operation
    gc.collect()
    assert alive() is None


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


def test_what_a_program_waits_stands_beside_the_kernels_time(gpu: Gpu) -> None:
    # A kernel of 2 us that takes 6 us to launch: no program gets more than one in 6 us.
    *_, timing = time_operation(
        lambda: gpu.launch(2e-6, launch_s=6e-6), "cuda:0", max_seconds=0.5, flush="not wanted"
    )
    assert timing.median_s == pytest.approx(2e-6, rel=1e-6)
    assert timing.wall.call_s == pytest.approx(6e-6, rel=0.01)
    assert timing.wall.latency_s == pytest.approx(8e-6, rel=0.01)
    assert timing.wall.call_interval_s == pytest.approx((6e-6, 6e-6), rel=0.01)


def test_a_call_that_waits_for_the_gpu_launches_for_no_longer_than_it_takes(gpu: Gpu) -> None:
    def waits() -> None:
        gpu.host_s = gpu.launch(1e-4, launch_s=5e-6)

    *_, timing = time_operation(waits, "cuda:0", max_seconds=0.05, flush="not wanted")
    assert timing.launch_s == timing.wall.call_s == pytest.approx(1.05e-4, rel=0.01)
    assert timing.launches_hidden is False


def test_of_a_long_kernel_the_wall_sees_the_kernel(gpu: Gpu) -> None:
    *_, timing = time_operation(
        lambda: gpu.launch(3e-2, launch_s=6e-6), "cuda:0", max_seconds=0.05, flush="not wanted"
    )
    assert timing.wall.call_s == timing.wall.latency_s == pytest.approx(3e-2, rel=1e-3)
    assert timing.wall.call_interval_s is None  # too few samples in so short a time


def test_a_first_call_counts_until_its_result_is_there(gpu: Gpu) -> None:
    calls = iter([5e-2])
    *_, timing = time_operation(
        lambda: gpu.launch(2e-6, launch_s=next(calls, 6e-6)), "cuda:0", max_seconds=0.01, flush="not wanted"
    )
    assert timing.first_call_s == pytest.approx(5e-2 + 2e-6, rel=1e-3)


def test_the_time_limit_counts_what_the_program_waits(gpu: Gpu) -> None:
    # A target that is never met: 0.3 s of kernels of 2 us would be 0.9 s of launching, and the delay besides.
    jitter = random.Random(0)
    began_s = gpu.host_s
    for known in measure(
        lambda: gpu.launch(jitter.uniform(1e-6, 3e-6), launch_s=6e-6),
        cuda_timer(),
        target_ci=1e-9,
        max_seconds=0.3,
        max_repeats=QUEUED_CALLS,
    ):
        assert known.elapsed_s <= known.spent_s
    assert gpu.host_s - began_s == pytest.approx(0.3, rel=0.1)
    assert known.stopped_by == TIME_LIMIT


def test_launches_are_called_hidden_only_where_nearly_all_samples_were(gpu: Gpu) -> None:
    blocks_done = 0

    def operation() -> None:
        # Every third call the program is held up for longer than any delay.
        nonlocal blocks_done
        blocks_done += 1
        gpu.launch(1e-3, launch_s=2e-2 if blocks_done % 3 == 0 else 5e-6)

    *_, timing = measure(operation, cuda_timer(), 1e-9, 0.5, max_repeats=1)
    assert timing.launches_hidden is False


def test_on_the_cpu_a_call_is_over_when_it_returns_and_nothing_more_is_measured() -> None:
    *_, timing = time_operation(lambda: None, "cpu", max_seconds=0.01, flush="not wanted")
    assert timing.wall == WallTiming()


def test_blocks_on_the_cpu_take_as_long_as_their_calls() -> None:
    timer = timers.timer_for("cpu")
    assert 0.03 <= timer(lambda: time.sleep(0.01), 3) < 0.3
    assert timers.max_repeats("cpu") is None
