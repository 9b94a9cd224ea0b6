"""Statement 3b: ReLU's gradients neither vanish nor explode."""

from __future__ import annotations

import math

import pytest
from torch import nn

from core.experiments.statement_events import Fact, Series
from core.experiments.statements.relu_gradients import NAMES
from core.experiments.verdicts import REFUTED, SUPPORTED
from tests.core.experiments.statements.judged import events_of, verdicts

SMALL = {"layers": 30, "width": 48, "networks": 4, "seeds": 9}


def test_with_hes_weights_the_gradient_keeps_its_size() -> None:
    assert set(verdicts(events_of("relu_gradients", gains=(1.0,), **SMALL)).values()) == {SUPPORTED}


@pytest.mark.parametrize("gain", [0.71, 1.41])
def test_at_other_gains_it_vanishes_or_explodes(gain: float) -> None:
    events = events_of("relu_gradients", gains=(gain,), **SMALL)
    assert verdicts(events)[""] == REFUTED
    (factor,) = (event.text for event in events if isinstance(event, Fact))
    assert float(factor) == pytest.approx(gain, abs=0.03)  # He et al. 2015
    series = [event for event in events if isinstance(event, Series)][-1]
    assert len(series.x) == 30
    assert series.y[0] == 1


def test_its_name_of_pytorchs_default_is_true() -> None:
    weight = nn.Linear(300, 1000).weight
    he = math.sqrt(2 / 300)
    assert NAMES[round(weight.std().item() / he, 2)].endswith("(PyTorch's default)")


@pytest.mark.slow
def test_a_quick_test_refutes_it_and_supports_it_for_hes_weights() -> None:
    events = events_of("relu_gradients")
    assert verdicts(events)[""] == REFUTED
    controls = verdicts(events, counting=False)
    dead = "fewer than 1 network in 100 is dead, with an output of 0 for every input | gain 1 (He), "
    assert controls[f"{dead}8 units a layer, 50 layers"] == REFUTED
    assert controls[f"{dead}32 units a layer, 50 layers"] == SUPPORTED
