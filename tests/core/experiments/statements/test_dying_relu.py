"""Statement 5: ReLU's units die, and Leaky ReLU cures it."""

from __future__ import annotations

import numpy as np
import pytest

from core.experiments.dying_units.config import DyingUnitsConfig
from core.experiments.dying_units.events import UnitsChecked
from core.experiments.dying_units.job import dying_units
from core.experiments.statement_events import Measured
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from tests.core.experiments.statements.judged import events_of, verdicts

SMALL = {"seeds": 12, "steps": 60}


def test_units_die_at_a_high_learning_rate() -> None:
    events = events_of("dying_relu", rates=(3.0,), **SMALL)
    assert set(verdicts(events).values()) == {SUPPORTED}
    # Leaky ReLU cures no gradient that vanishes.
    assert [*verdicts(events, counting=False).values()][-1] == REFUTED


def test_at_a_low_one_there_is_nothing_to_cure() -> None:
    assert set(verdicts(events_of("dying_relu", rates=(0.02,), **SMALL)).values()) == {REFUTED}


def test_its_numbers_are_those_of_the_experiment_on_dying_units() -> None:
    events = events_of("dying_relu", rates=(2.0, 1.0), seeds=5, steps=40, width=8)
    config = DyingUnitsConfig(("relu", "leaky_relu"), (2.0, 1.0), (0.0,), hidden=(8, 8), seeds=5, steps=40)
    last = [event for event in dying_units(config) if isinstance(event, UnitsChecked)][-1]
    for one in last.combinations:
        for what in ("dead", "accuracy"):
            name = f"{what}, {one.activation}, rate {one.learning_rate:g}"
            values = [e.value for e in events if isinstance(e, Measured) and e.observable == name]
            np.testing.assert_allclose(np.quantile(values, (0.1, 0.5, 0.9)), getattr(one, what))


@pytest.mark.slow
def test_a_quick_test_finds_that_it_depends_on_the_learning_rate() -> None:
    found = verdicts(events_of("dying_relu"))
    assert found.pop("") == DEPENDS
    assert [*found.values()] == [REFUTED] * 3 + [SUPPORTED] * 2
