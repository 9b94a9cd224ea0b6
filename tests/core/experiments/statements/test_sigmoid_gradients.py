"""Statement 3a: sigmoid and tanh networks lose the gradient."""

from __future__ import annotations

import pytest

from core.experiments.signal_propagation import DepthConfig, propagate
from core.experiments.statement_events import Series
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from tests.core.experiments.statements.judged import events_of, verdicts

SMALL = {"width": 32, "seeds": 9}


def test_both_lose_it_at_half_of_xaviers_weights() -> None:
    events = events_of("sigmoid_gradients", gains=(0.5,), layers=20, **SMALL)
    assert set(verdicts(events).values()) == {SUPPORTED}
    controls = verdicts(events, counting=False)
    assert controls.popitem()[1] == REFUTED  # it does not explode


def test_over_few_layers_neither_does() -> None:
    events = events_of("sigmoid_gradients", gains=(1.0,), layers=3, **SMALL)
    assert set(verdicts(events).values()) == {REFUTED}


def test_the_picture_is_what_signal_propagation_measures() -> None:
    events = events_of("sigmoid_gradients", gains=(4.0, 1.0), layers=30, width=64, seeds=6)
    last = {event.name: event for event in events if isinstance(event, Series)}
    for name, series in last.items():
        assert series.x == (1.0, 4.0)
        for gain, factor in zip(series.x, series.y, strict=True):
            config = DepthConfig(name.lower(), layers=30, width=64, gain=gain)
            assert factor == pytest.approx(propagate(config).per_layer, rel=0.03)


@pytest.mark.slow
def test_a_quick_test_finds_that_it_depends_on_the_gain() -> None:
    found = verdicts(events_of("sigmoid_gradients"))
    assert found[""] == DEPENDS
    lost = "the gradient of a {} network changes more than 100 times | gain {}, 50 layers"
    expected = {("sigmoid", 1): SUPPORTED, ("sigmoid", 11): REFUTED, ("sigmoid", 16): SUPPORTED}
    expected |= {("tanh", 0.5): SUPPORTED, ("tanh", 1): REFUTED, ("tanh", 4): SUPPORTED}
    assert {case: found[lost.format(*case)] for case in expected} == expected
