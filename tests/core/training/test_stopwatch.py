"""Pauses are not work."""

from __future__ import annotations

import time

from core.training.stopwatch import PAUSE_S, Rate, Stopwatch, Timer


def test_pause_is_left_out_and_a_slow_reader_is_not() -> None:
    watch = Stopwatch()
    watch.held(0.9 * PAUSE_S)
    assert watch.elapsed_s() >= 0
    watch.held(100.0)
    assert watch.elapsed_s() < -90


def test_rate_is_what_was_added_over_the_time_that_passed() -> None:
    watch = Stopwatch()
    rate = Rate(watch)
    assert rate.add(10) is None
    watch._since -= 2.0  # two seconds pass
    assert 15 <= (rate.add(30) or 0) <= 20
    assert rate.add(1000) == rate.per_s  # and holds until the next half second is over


def test_timer_is_due_once_each_time() -> None:
    watch = Stopwatch()
    timer = Timer(watch, 0.02)
    assert not timer.due()
    time.sleep(0.03)
    assert timer.due()
    assert not Timer(watch, None).due()
