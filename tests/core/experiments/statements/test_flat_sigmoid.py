"""Statement 2: a sigmoid hardly changes outside [-4, 4], which limits what it can fit."""

from __future__ import annotations

import math

import pytest
import torch

from core.experiments.statement_events import Measured
from core.experiments.statements.flat_sigmoid import range_within
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from tests.core.experiments.statements.running import run, verdicts

SMALL = {"seeds": 10}


def test_its_numbers_of_the_curve_are_those_of_torch() -> None:
    ends = torch.sigmoid(torch.tensor([-4.0, 4.0], dtype=torch.float64))
    assert range_within(4) == pytest.approx((ends[1] - ends[0]).item())
    assert f"{range_within(4):.1%}" == "96.4%"
    events = run("flat_sigmoid", biases=(4.0,), seeds=1, cap=10)
    (slope,) = (e.value for e in events if isinstance(e, Measured) and e.observable == "slope at 4")
    at = torch.tensor([0.0, 4.0], dtype=torch.float64, requires_grad=True)
    steepest, there = torch.autograd.grad(torch.sigmoid(at).sum(), at)[0].tolist()
    assert slope == pytest.approx(there / steepest)


def test_far_out_plain_gradient_descent_is_stuck_and_counts_as_at_least_the_cap() -> None:
    events = run("flat_sigmoid", biases=(12.0,), optimizers=("sgd",), cap=800, **SMALL)
    assert set(verdicts(events).values()) == {SUPPORTED}
    capped = [e for e in events if isinstance(e, Measured) and e.at_least]
    assert {e.observable for e in capped} >= {"steps, sgd, bias 12"}
    assert {e.value for e in capped} == {math.log2(800)}


@pytest.mark.parametrize("optimizers", [("sgd",), ("adam",)])
def test_where_it_is_steep_nothing_is_limited(optimizers: tuple[str, ...]) -> None:
    events = run("flat_sigmoid", biases=(0.5,), optimizers=optimizers, cap=800, **SMALL)
    assert set(verdicts(events).values()) == {REFUTED}


@pytest.mark.slow
def test_a_quick_test_finds_that_it_depends_on_the_distance_and_the_optimizer() -> None:
    found = verdicts(run("flat_sigmoid"))
    assert found.pop("") == DEPENDS
    slow = [verdict for claim, verdict in found.items() if "twice the steps" in claim]
    assert slow == [REFUTED, SUPPORTED, SUPPORTED, REFUTED, REFUTED, REFUTED]
