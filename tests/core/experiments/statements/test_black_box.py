"""Statement 13b: a network is a black box."""

from __future__ import annotations

import pytest

from core.experiments.statement_events import Series
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from tests.core.experiments.statements.running import run, verdicts

SMALL = {"seeds": 10, "epochs": 5}


def test_a_straight_rule_is_read_off_the_network() -> None:
    events = run("black_box", curvatures=(0.0,), **SMALL)
    assert set(verdicts(events).values()) == {REFUTED}
    trained = next(event for event in events if isinstance(event, Series) and event.name == "As trained")
    assert min(trained.y[:4]) > 2 * max(trained.y[4:])
    assert sum(trained.y) == pytest.approx(100)


def test_of_a_curved_rule_only_its_inputs_are() -> None:
    found = verdicts(run("black_box", curvatures=(1.0,), **SMALL))
    assert found.pop("") == DEPENDS
    which, how = found.values()
    assert (which, how) == (REFUTED, SUPPORTED)


@pytest.mark.slow
def test_a_quick_test_depends_and_randomised_weights_rank_nothing() -> None:
    events = run("black_box")
    assert verdicts(events)[""] == DEPENDS
    controls = verdicts(events, counts=False)
    del controls[""]
    assert [*controls.values()] == [SUPPORTED]
