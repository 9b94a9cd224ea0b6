"""What a load says: wrong results first, then heat and failures, then the speed that was lost."""

from __future__ import annotations

from typing import Any

import pytest

from core.devices import Reading
from core.timing.quick_check.events import FAIR, GOOD, POOR, UNKNOWN
from core.timing.stress.events import FAILED, TIME_IS_UP, TOO_HOT, StressSampled
from core.timing.stress.verdict import hottest, judged, quarters, throttled_by


def samples(*rates: float, **readings: float) -> list[StressSampled]:
    shown = {name: Reading(name, value, "") for name, value in readings.items()}
    return [StressSampled("cuda:0", 3.0 + at, rate, at, 0, shown) for at, rate in enumerate(rates)]


def verdict(of: list[StressSampled], **more: Any) -> tuple[str, str]:
    given: dict[str, Any] = {
        "dtype": "float32", "wrong": 0, "relative_error": 1e-7, "stopped_by": TIME_IS_UP, "failure": None,
        "max_celsius": 95.0,
    }  # fmt: skip
    return judged(of, **given | more)


@pytest.mark.parametrize(("last", "rating"), [(100.0, GOOD), (95.0, GOOD), (85.0, FAIR), (60.0, POOR)])
def test_a_device_is_rated_by_the_speed_that_it_keeps(last: float, rating: str) -> None:
    found, says = verdict(samples(*[100.0] * 4, *[last] * 4))
    assert found == rating
    if rating != GOOD:
        assert f"{(100 - last) / 100:.0%}" in says


def test_what_throttled_it_is_named() -> None:
    found, says = verdict(samples(*[100.0] * 4, *[80.0] * 4, throttled_by_heat=1.0))
    assert found == FAIR
    assert "heat in 100% of the time" in says
    assert throttled_by(samples(1.0, throttled_by_heat=0.0)) == {}


def test_heat_without_a_loss_is_not_good_and_a_power_limit_is() -> None:
    assert verdict(samples(*[100.0] * 8, throttled_by_heat=1.0))[0] == FAIR
    assert verdict(samples(*[100.0] * 8, throttled_by_power=1.0))[0] == GOOD


def test_wrong_results_come_before_everything() -> None:
    steady = samples(*[100.0] * 8)
    assert verdict(steady, wrong=1) == (
        POOR,
        "It computes wrong results: 1 element differed from the first product.",
    )
    assert verdict(steady, relative_error=0.5, wrong=3)[1].startswith("Already the first product is wrong")
    assert verdict(steady, stopped_by=TOO_HOT)[0] == POOR
    assert "a lost card" in verdict(steady, stopped_by=FAILED, failure="a lost card")[1]


def test_a_busy_machine_is_not_judged_by_its_speed() -> None:
    assert verdict(samples(*[100.0] * 4, *[50.0] * 4, others=40.0))[0] == UNKNOWN
    assert verdict(samples(*[100.0] * 4, *[50.0] * 4, others=2.0))[0] == POOR


def test_too_short_a_time_is_no_verdict_on_speed() -> None:
    assert verdict(samples(100.0, 50.0))[0] == UNKNOWN
    assert quarters([]) == (None, None)
    assert hottest([]) is None


def test_the_first_seconds_do_not_count() -> None:
    cold = [StressSampled("cpu", at, 1000.0, 1, 0, {}) for at in (0.5, 1.5, 2.5)]
    assert quarters([*cold, *samples(*[100.0] * 8)]) == (100.0, 100.0)


def test_the_hottest_moment_is_kept() -> None:
    assert hottest([*samples(1.0, temperature=60.0), *samples(1.0, temperature=81.0), *samples(1.0)]) == 81.0
