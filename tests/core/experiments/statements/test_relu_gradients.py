"""Statement 3b: ReLU's gradients neither vanish nor explode."""

from __future__ import annotations

import math

import pytest
from torch import nn

from core.experiments.statement_events import Fact, Series
from core.experiments.statements.relu_gradients import NAMES
from core.experiments.verdicts import REFUTED, SUPPORTED
from tests.core.experiments.statements.running import run, verdicts

SMALL = {"layers": 30, "width": 48, "networks": 4, "seeds": 9}


def test_with_hes_weights_the_gradient_keeps_its_size() -> None:
    assert set(verdicts(run("relu_gradients", gains=(1.414,), **SMALL)).values()) == {SUPPORTED}


@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_at_other_gains_it_vanishes_or_explodes(gain: float) -> None:
    events = run("relu_gradients", gains=(gain,), **SMALL)
    assert verdicts(events)[""] == REFUTED
    (factor,) = (event.text for event in events if isinstance(event, Fact))
    assert float(factor.split()[0]) == pytest.approx(gain / math.sqrt(2), abs=0.04)  # He et al. 2015
    series = [event for event in events if isinstance(event, Series)][-1]
    assert len(series.x) == 30
    assert series.y[0] == 1


def test_its_name_of_pytorchs_default_is_true() -> None:
    weight = nn.Linear(300, 1000).weight
    gain = weight.std().item() * math.sqrt(300)
    assert min(NAMES, key=lambda named: abs(named - gain)) == 0.577
    assert gain == pytest.approx(0.577, rel=0.01)
    assert NAMES[0.577] == "PyTorch's default"


@pytest.mark.slow
def test_a_quick_test_refutes_it_and_supports_it_for_hes_weights() -> None:
    events = run("relu_gradients")
    assert verdicts(events)[""] == REFUTED
    controls = verdicts(events, counts=False)
    dead = "fewer than 1 network in 100 is dead, with an output of 0 for every input | gain 1.414 (He), "
    assert controls[f"{dead}8 units a layer, 50 layers"] == REFUTED
    assert controls[f"{dead}32 units a layer, 50 layers"] == SUPPORTED
