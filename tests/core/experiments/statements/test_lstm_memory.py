"""Statement 7: an LSTM remembers short and long."""

from __future__ import annotations

import pytest

from core.experiments.statement_events import Series
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from tests.core.experiments.statements.judged import events_of, verdicts

SMALL = {"lag": 40, "recall_lag": 4, "recall_steps": 60, "units": 16}


@pytest.mark.parametrize(("bias", "verdict"), [(4.0, SUPPORTED), (-6.0, REFUTED)])
def test_open_forget_gates_remember_and_shut_ones_do_not(bias: float, verdict: str) -> None:
    found = verdicts(events_of("lstm_memory", forget_biases=(bias,), **SMALL))
    assert set(found.values()) == {verdict}
    assert len(found) == 3  # the gradient, the recall, and both together


def test_what_the_slider_sets_is_judged_by_gradients_alone() -> None:
    events = events_of("lstm_memory", forget_biases=(0.0,), lag=40, recall_steps=0)
    assert verdicts(events) == verdicts(events, counting=False) | verdicts(events)
    assert verdicts(events)[""] == REFUTED
    names = {event.name: event.y for event in events if isinstance(event, Series)}
    assert [*names] == ["Plain RNN", "LSTM, forget bias 0"]
    assert all(y[0] == 1 and y[-1] < 1e-6 for y in names.values())


@pytest.mark.slow
def test_a_quick_test_says_that_it_depends_on_the_forget_bias() -> None:
    events = events_of("lstm_memory")
    found = verdicts(events)
    assert found.pop("") == DEPENDS
    for claim, verdict in found.items():
        assert verdict == (SUPPORTED if claim.endswith("bias 3") else REFUTED), claim
