"""Readings are means over what was measured, and nothing else is said to be of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.devices import Reading, not_reported
from core.timing.measure.sampling import EVERY_S, WINDOWS_S, Sampler
from tests.core.timing.simulated import Clock


@dataclass
class Card:
    """A GPU whose sensors show a ramp, and how often they were asked."""

    clock: Clock
    at_s: list[float] = field(default_factory=list)

    def __call__(self) -> Mapping[str, Reading]:
        self.at_s.append(self.clock.now_s)
        return {
            "utilisation": Reading("utilisation", 10 * self.clock.now_s, "%"),
            "clock": Reading("clock", 1000 + self.clock.now_s, "MHz"),
            "power": not_reported("power", "W", "Not Supported"),
            "memory_used": Reading("memory_used", 5, "B"),
        }


def measured(clock: Clock, seconds: float, own: float = 1.0, block_s: float = 0.005) -> tuple[Sampler, Card]:
    """Blocks of so long, of which the operation itself took that part."""
    card = Card(clock)
    sampler = Sampler("cuda:0", card)
    own_s, ends_s = 0.0, clock.now_s + seconds - block_s / 2
    while clock.now_s < ends_s:
        clock.go_on(block_s)
        own_s += own * block_s
        sampler.sample(own_s)
    return sampler, card


def test_the_mean_and_the_highest_are_of_the_time_after_a_sensors_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock().put_into(monkeypatch)
    sampler, card = measured(clock, 3.0)
    found = sampler.sampled()
    assert 10 <= len(card.at_s) / 3 <= 20
    assert found.samples == len(card.at_s)
    assert found.readings["utilisation"].value == pytest.approx(20, abs=1)  # of 1 s to 3 s
    assert found.highest["utilisation"] == pytest.approx(30, abs=1)
    assert found.readings["clock"].value == pytest.approx(1001.5, abs=0.1)
    assert found.readings["power"].reason == "not reported: Not Supported"
    assert "memory_used" not in found.readings  # is of the moment


def test_what_is_shorter_than_the_sensors_window_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock().put_into(monkeypatch)
    found = measured(clock, 0.5)[0].sampled()
    assert found.readings["utilisation"].reason == (
        "not reported: the 0.5 s of the measurement are less than the 1 s of the sensor"
    )
    assert "utilisation" not in found.highest
    assert found.readings["clock"].value is not None


def test_a_delay_that_launches_are_hidden_behind_is_not_said_to_be_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock().put_into(monkeypatch)
    found = measured(clock, 3.0, own=0.14)[0].sampled()
    assert "the operation ran for 14% of the time" in str(found.readings["utilisation"].reason)
    assert found.readings["clock"].value is not None


def test_nothing_is_read_while_something_else_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock().put_into(monkeypatch)
    sampler, card = measured(clock, 2.0)
    before = len(card.at_s)
    for _ in range(100):  # cold calls: the operation's own hot time stands still
        clock.go_on(0.1)
        sampler.sample(1.0)
    assert len(card.at_s) == before
    sampler.begin()
    assert sampler.sampled().samples == 0


@settings(max_examples=50)
@given(st.floats(0.01, 4), st.floats(0.05, 1), st.floats(0.001, 0.5))
def test_a_mean_lies_between_what_was_read_and_has_a_value_or_a_reason(
    seconds: float, own: float, block_s: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        sampler, card = measured(Clock().put_into(patch), seconds, own, block_s)
        found = sampler.sampled()
    assert len(card.at_s) <= seconds / EVERY_S + 2
    for name, reading in found.readings.items():
        assert (reading.value is None) == bool(reading.reason)
        assert (name in found.highest) == (reading.value is not None)
        if reading.value is not None:
            assert reading.value <= found.highest[name] + 1e-9
    if seconds < WINDOWS_S["utilisation"] - block_s:
        assert found.readings.get("utilisation") is None or found.readings["utilisation"].value is None
