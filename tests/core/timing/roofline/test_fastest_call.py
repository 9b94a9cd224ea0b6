"""The fastest call is found by clocks that stand, jump and are read beside other programs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest

from core import torch_devices
from core.timing.roofline.fastest_call import fastest_call_s, processor_time, steady_timer

CALL_S = 1e-4


def fastest_by(monkeypatch: pytest.MonkeyPatch, calls: Iterable[tuple[float, float]]) -> float:
    """What is found where each call moves the clock on the wall and that of the processor so far, in s."""
    now = {"perf_counter_ns": 0.0, "thread_time_ns": 0.0}
    of_calls = iter(calls)

    def operation() -> None:
        for clock, seconds in zip(now, next(of_calls), strict=True):
            now[clock] += seconds

    for clock in now:
        monkeypatch.setattr(f"time.{clock}", lambda clock=clock: round(1e9 * now[clock]))
    return fastest_call_s(operation, processor_time)


def test_a_call_that_took_no_processor_time_was_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    stolen = itertools.chain([(CALL_S, 0.0)] * 5, itertools.repeat((CALL_S, CALL_S)))
    assert fastest_by(monkeypatch, stolen) == pytest.approx(CALL_S)


def test_processor_time_that_is_missing_makes_no_call_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    late = itertools.cycle([(CALL_S, 0.1 * CALL_S), (CALL_S, CALL_S), (CALL_S, 1e-9)])
    assert fastest_by(monkeypatch, late) == pytest.approx(CALL_S)


def test_on_a_core_that_is_shared_all_the_time_the_usual_processor_time_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared = itertools.cycle([(3 * CALL_S, CALL_S), (4 * CALL_S, CALL_S), (2 * CALL_S, 0.0)])
    assert fastest_by(monkeypatch, shared) == pytest.approx(CALL_S)


def test_of_undisturbed_calls_the_fastest_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    some = itertools.cycle([(2 * CALL_S, 2 * CALL_S), (CALL_S, CALL_S), (5 * CALL_S, CALL_S)])
    assert fastest_by(monkeypatch, some) == pytest.approx(CALL_S)


def test_a_timer_that_reads_nothing_now_and_then_gives_no_rate_without_end() -> None:
    readings = itertools.cycle([0.0, 2e-3, 0.0, 3e-3])
    assert fastest_call_s(lambda: None, lambda _operation, _repeats: next(readings)) == 2e-3


def test_one_thread_is_timed_by_its_processor_and_several_are_not() -> None:
    with torch_devices.threads(1):
        assert steady_timer("cpu") is processor_time
    with torch_devices.threads(2):
        assert steady_timer("cpu") is not processor_time
