"""The clock finds the true time, hides its own cost, and says why it stopped."""

from __future__ import annotations

import itertools
import statistics
import time
from typing import Any

import numpy as np
import pytest
from torch.utils.benchmark import Timer as TorchTimer

from core.statistics import MIN_SAMPLES, median_interval
from core.timing.measure.clock import TARGET, TIME_LIMIT, Measurement, measure
from core.timing.measure.timers import overhead_s, timer_for
from tests.core.timing.simulated import Clock, timer_of


def result(*arguments: Any, **options: Any) -> Measurement:
    *_, last = measure(*arguments, **options)
    return last


def test_a_steady_operation_is_known_immediately() -> None:
    timing = result(print, timer_of(lambda n: 0.001), target_ci=0.01)
    assert timing.stopped_by == TARGET
    assert timing.median_s == pytest.approx(0.001, rel=1e-3)
    assert len(timing.times_s) == 10


def test_reading_the_clock_takes_at_most_one_part_in_ten_thousand_of_a_block() -> None:
    for call_s in (2e-8, 1e-6, 3e-4):
        timing = result(print, timer_of(lambda n, call_s=call_s: call_s, overhead=2e-7), max_seconds=1)
        assert timing.timer_overhead <= 1e-4
        assert timing.median_s == pytest.approx(call_s, rel=2e-4)


def test_slow_first_calls_do_not_count() -> None:
    timing = result(print, timer_of(lambda n: 0.05 if n == 0 else 0.002 if n < 30 else 0.001))
    assert timing.first_call_s == pytest.approx(0.05, rel=1e-3)
    assert timing.median_s == pytest.approx(0.001, rel=1e-3)


def test_noise_is_stopped_by_the_time_limit_and_its_interval_is_as_wide_as_it_is() -> None:
    generator = np.random.default_rng(0)
    timing = result(print, timer_of(lambda n: 0.02 * generator.lognormal(0, 0.5)), max_seconds=1)
    assert timing.stopped_by == TIME_LIMIT
    assert timing.relative_width > 0.05
    assert timing.elapsed_s == pytest.approx(1, rel=0.1)
    assert timing.interval_s is not None
    assert timing.interval_s[0] <= 0.02 <= timing.interval_s[1]


def test_the_interval_is_that_of_all_the_samples() -> None:
    for noise_seed in range(200):
        calls_s = 0.02 * np.random.default_rng(noise_seed).lognormal(0, 0.1, 1000)
        timing = result(print, timer_of(calls_s.__getitem__), target_ci=0.1, max_seconds=1)
        assert timing.interval_s == median_interval(timing.times_s, seed=0)


def test_a_slow_operation_still_gets_the_six_samples_that_an_interval_needs() -> None:
    timing = result(print, timer_of(lambda n: 3.0), max_seconds=1)
    assert len(timing.times_s) == MIN_SAMPLES
    assert timing.interval_s == pytest.approx((3.0, 3.0), rel=1e-6)


def test_between_two_blocks_the_caller_can_take_its_time() -> None:
    calls = 0
    for _timing in measure(print, timer_of(lambda n: 0.002), max_seconds=0.5):
        time.sleep(0.05)
        calls += 1
    assert calls > 10  # a pause of 0.5 s and more did not use up the limit


def test_every_sample_is_kept_and_the_median_is_theirs() -> None:
    timing = result(print, timer_of(lambda n: 0.001 + 0.0001 * (n % 7)), max_seconds=0.2)
    assert timing.median_s == statistics.median(timing.times_s)


def test_no_block_is_longer_than_a_quarter_of_a_second() -> None:
    # Between two blocks a measurement can be stopped, paused or watched.
    spent = [0.0]
    for known in measure(print, timer_of(lambda n: 0.001), max_seconds=100, target_ci=1e-9):
        spent.append(known.elapsed_s)
        if len(spent) > 30:
            break
    assert max(np.diff(spent)) <= 1.1 * 0.25


def test_a_call_is_measured_as_long_as_the_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock().put_into(monkeypatch)
    timing = result(lambda: clock.go_on(0.01), timer_for("cpu"), target_ci=0.05, max_seconds=1)
    assert timing.median_s == pytest.approx(0.01)
    assert timing.first_call_s == pytest.approx(0.01)


def test_torchs_own_benchmark_finds_the_same_on_the_same_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(reading_s=1e-7).put_into(monkeypatch)
    calls = itertools.count()

    def operation() -> None:
        clock.go_on(1e-3 * (5 if next(calls) == 0 else 1))  # the first call pays for set-up

    ours = result(operation, timer_for("cpu"), target_ci=0.05, max_seconds=0.5)
    torchs = TorchTimer("operation()", globals={"operation": operation}, timer=clock.seconds)
    assert ours.median_s == pytest.approx(torchs.blocked_autorange(min_run_time=0.1).median, rel=1e-3)


def test_the_timers_own_cost_is_what_reading_the_clock_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(reading_s=1e-7).put_into(monkeypatch)
    assert overhead_s(timer_for("cpu")) == pytest.approx(1e-7)


def test_a_queue_of_limited_length_bounds_the_block() -> None:
    timing = result(print, timer_of(lambda n: 2e-6), max_seconds=0.1, max_repeats=256)
    assert timing.repeats == 256
    assert timing.median_s == pytest.approx(2e-6, rel=1e-3)
