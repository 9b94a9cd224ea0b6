"""A cold call finds none of its operands in the caches, and says so where that cannot be arranged."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import pytest
import torch

from core.devices.cache import last_level_bytes
from core.timing.measure import cold
from core.timing.measure.clock import Timing, clock, torch_threads
from core.timing.measure.cold import Flush, flush_for


@pytest.fixture(scope="module")
def flush() -> Flush | str:
    return flush_for("cpu")


def last(timings: Iterator[Timing]) -> Timing:
    *_, end = timings
    return end


def test_the_flush_is_as_large_as_the_last_cache(flush: Flush | str) -> None:
    if isinstance(flush, str):
        pytest.skip(flush)
    assert flush.flushed_bytes == last_level_bytes()


def test_reading_a_small_array_takes_longer_when_it_has_left_the_cache(flush: Flush | str) -> None:
    if isinstance(flush, str):
        pytest.skip(flush)
    array = torch.randn(2**18)  # 1 MiB: inside the second cache of a core
    timing = last(clock(array.sum, threads=1, max_seconds=0.2, flush=flush))
    assert len(timing.cold.times_s) >= 6
    assert timing.cold.interval_s is not None
    assert statistics.median(timing.cold.times_s) > 1.5 * timing.median_s


def test_a_cache_of_unknown_size_is_a_reason_and_not_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold, "last_level_bytes", lambda: None)
    reason = flush_for("cpu")
    assert reason == "the size of the last cache of cpu is not known"
    timing = last(clock(lambda: None, max_seconds=0.05, flush=reason))
    assert timing.cold.times_s == ()
    assert timing.cold.reason == reason
    assert timing.stopped_by


def test_a_cache_larger_than_the_memory_left_is_not_flushed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold, "last_level_bytes", lambda: 2**50)
    assert "more memory than is free" in str(flush_for("cpu"))


def test_threads_are_those_asked_for_and_are_put_back(flush: Flush | str) -> None:
    before = torch.get_num_threads()
    seen: set[int] = set()
    timing = last(
        clock(lambda: seen.add(torch.get_num_threads()), threads=1, max_seconds=0.05, flush="not wanted")
    )
    assert seen == {1}
    assert timing.threads == 1
    assert torch.get_num_threads() == before
    with pytest.raises(ZeroDivisionError), torch_threads(1):
        raise ZeroDivisionError
    assert torch.get_num_threads() == before


def test_first_hot_and_cold_are_three_figures(flush: Flush | str) -> None:
    calls = 0

    def operation() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            torch.randn(512, 512).sum()

    timing = last(clock(operation, threads=1, max_seconds=0.1, flush=flush))
    assert timing.first_call_s > 20 * timing.median_s
    assert timing.stopped_by in ("target", "time limit")
