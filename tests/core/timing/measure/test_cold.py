"""A cold call finds none of its operands in the caches, and says so where that cannot be arranged."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import pytest
import torch

from core.devices.cache import last_level_bytes
from core.statistics import MIN_SAMPLES
from core.timing.measure import cold
from core.timing.measure.clock import Measurement, time_operation
from core.timing.measure.cold import Flush, flush_for, measure_cold
from core.timing.measure.timers import timer_for
from tests.core.timing.simulated import Clock


@pytest.fixture(scope="module")
def flush() -> Flush | str:
    return flush_for("cpu")


def last(timings: Iterator[Measurement]) -> Measurement:
    *_, end = timings
    return end


def test_the_flush_is_as_large_as_the_last_cache(flush: Flush | str) -> None:
    if isinstance(flush, str):
        pytest.skip(flush)
    assert flush.flushed_bytes == last_level_bytes()


def test_a_flush_writes_the_whole_buffer_before_each_cold_call(flush: Flush | str) -> None:
    if isinstance(flush, str):
        pytest.skip(flush)
    before = int(flush.call()[0])
    assert bool((flush.call() == before + 1).all())
    calls: list[str] = []
    counting = Flush(lambda: calls.append("flush"), flush.flushed_bytes)
    *_, found = measure_cold(lambda: calls.append("call"), "cpu", timer_for("cpu"), counting, 0.0)
    assert calls == ["flush", "call"] * len(found.times_s)
    assert len(found.times_s) == MIN_SAMPLES
    assert found.interval_s is not None


def test_a_cold_call_is_timed_without_its_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock().put_into(monkeypatch)
    slow = Flush(lambda: clock.go_on(1.0), 1)
    *_, found = measure_cold(lambda: clock.go_on(0.001), "cpu", timer_for("cpu"), slow, 0.0)
    assert found.times_s == pytest.approx((0.001,) * MIN_SAMPLES)


def test_a_cache_of_unknown_size_is_a_reason_and_not_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold, "last_level_bytes", lambda: None)
    reason = flush_for("cpu")
    assert reason == "the size of the last cache of cpu is not known"
    timing = last(time_operation(lambda: None, max_seconds=0.05, flush=reason))
    assert timing.cold.times_s == ()
    assert timing.cold.reason == reason
    assert timing.stopped_by


def test_a_cache_larger_than_the_memory_left_is_not_flushed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold, "last_level_bytes", lambda: 2**50)
    assert "more memory than is free" in str(flush_for("cpu"))


def test_threads_are_those_asked_for_and_are_put_back() -> None:
    before = torch.get_num_threads()
    seen: set[int] = set()
    timing = last(
        time_operation(
            lambda: seen.add(torch.get_num_threads()), threads=1, max_seconds=0.05, flush="not wanted"
        )
    )
    assert seen == {1}
    assert timing.threads == 1
    assert torch.get_num_threads() == before


def test_first_hot_and_cold_are_three_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock().put_into(monkeypatch)
    calls, cold_next = 0, False

    def operation() -> None:
        nonlocal calls, cold_next
        calls += 1
        clock.go_on(0.5 if calls == 1 else 0.004 if cold_next else 0.001)
        cold_next = False

    def empty() -> None:
        nonlocal cold_next
        cold_next = True

    timing = last(time_operation(operation, threads=1, max_seconds=0.1, flush=Flush(empty, 1)))
    assert timing.first_call_s == pytest.approx(0.5)
    assert timing.median_s == pytest.approx(0.001)
    assert statistics.median(timing.cold.times_s) == pytest.approx(0.004)
    assert timing.stopped_by in ("target", "time limit")
