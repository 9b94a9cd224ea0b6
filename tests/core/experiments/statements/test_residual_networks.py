"""Statement 17: residual networks work very well."""

from __future__ import annotations

import pytest

from core.experiments.statement_events import Series
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from tests.core.experiments.statements.running import run, verdicts

SMALL = {"seeds": 6, "steps": 120}


def test_shallow_networks_need_no_shortcuts() -> None:
    assert verdicts(run("residual_networks", depths=(6,), **SMALL))[""] == REFUTED


def test_deep_ones_train_only_with_them() -> None:
    events = run("residual_networks", depths=(32,), seeds=6, steps=60)
    assert verdicts(events)[""] == SUPPORTED
    plain, residual = [event for event in events if isinstance(event, Series)]
    assert plain.y[0] > residual.y[0]
    assert plain.x == residual.x == (32,)


@pytest.mark.slow
def test_a_quick_test_says_that_it_depends_on_the_depth_and_shows_the_degradation() -> None:
    events = run("residual_networks")
    assert verdicts(events)[""] == DEPENDS
    controls = verdicts(events, counts=False)
    deeper = next(claim for claim in controls if claim.startswith("plain networks"))
    assert controls[deeper] == SUPPORTED  # He et al. 2015, of the training error
