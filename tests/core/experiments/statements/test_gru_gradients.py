"""Statement 8: a GRU solved the LSTM's gradients."""

from __future__ import annotations

import pytest

from core.experiments.verdicts import REFUTED, SUPPORTED
from tests.core.experiments.statements.judged import events_of, verdicts

SMALL = {"lag": 60, "recall_steps": 0}


@pytest.mark.parametrize("bias", [-2.0, 0.0, 4.0])
def test_at_equal_gates_it_did_not(bias: float) -> None:
    assert verdicts(events_of("gru_gradients", gate_biases=(bias,), **SMALL))[""] == REFUTED


def test_a_gru_with_open_gates_would_have_against_an_lstm_without() -> None:
    assert verdicts(events_of("gru_gradients", gate_biases=(0.0,), gru_more=5.0, **SMALL))[""] == SUPPORTED


@pytest.mark.slow
def test_a_quick_test_refutes_it_and_shows_what_each_does_alone() -> None:
    events = events_of("gru_gradients")
    assert set(verdicts(events).values()) == {REFUTED}
    alone = {
        claim: verdict for claim, verdict in verdicts(events, counting=False).items() if "changes" in claim
    }
    assert len(alone) == 4
    for claim, verdict in alone.items():
        assert verdict == (SUPPORTED if claim.endswith("bias 0") else REFUTED), claim
