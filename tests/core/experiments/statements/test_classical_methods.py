"""Statement 13a: networks are more accurate than classical methods."""

from __future__ import annotations

import pytest

from core.experiments.statement_events import Series
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED, UNSURE
from tests.core.experiments.statements.running import run, verdicts


def test_it_is_refuted_on_a_rule_and_open_where_both_are_alike() -> None:
    events = run("classical_methods", data=("rule_table", "wine"), seeds=4, epochs=10)
    found = {claim.split(" | ")[-1]: verdict for claim, verdict in verdicts(events).items()}
    assert found["Rule table"] == REFUTED
    assert found["Wine table"] == UNSURE
    network, classical = [event for event in events if isinstance(event, Series)][-2:]
    assert network.x == classical.x == ("Rule table", "Wine table")
    assert network.low[0] > classical.high[0]


def test_it_is_supported_on_images_whose_objects_move() -> None:
    events = run("classical_methods", data=("shifted_digits",), seeds=4, epochs=20)
    assert verdicts(events)[""] == SUPPORTED


@pytest.mark.slow
def test_a_quick_test_says_that_it_depends_on_the_data() -> None:
    assert verdicts(run("classical_methods"))[""] == DEPENDS
