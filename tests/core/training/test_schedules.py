"""Schedules agree with torch's own."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, MultiStepLR, OneCycleLR

from core.training.schedules import SCHEDULES, learning_rate


def test_cosine_is_torchs_cosine_annealing() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = CosineAnnealingLR(optimizer, T_max=50)
    for step in range(50):
        assert SCHEDULES["cosine"].factor(step / 50) == pytest.approx(theirs.get_last_lr()[0])
        optimizer.step()
        theirs.step()


def torchs(schedule: Callable[[torch.optim.Optimizer], LRScheduler], steps: int) -> list[float]:
    """The learning rate of each step, of a whole rate of 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs, rates = schedule(optimizer), []
    for _ in range(steps):
        rates.append(theirs.get_last_lr()[0])
        optimizer.step()
        theirs.step()
    return rates


@pytest.mark.parametrize(
    ("name", "schedule"),
    [
        ("step", lambda optimizer: MultiStepLR(optimizer, [500, 750], gamma=0.1)),
        ("warm_up", lambda optimizer: LinearLR(optimizer, 0.01, 1.0, total_iters=100)),
        # torch's reaches its peak and its end one step earlier
        (
            "one_cycle",
            lambda optimizer: OneCycleLR(optimizer, max_lr=1.0, total_steps=1001, cycle_momentum=False),
        ),
    ],
)
def test_the_others_are_torchs_as_well(name: str, schedule: Callable[..., LRScheduler]) -> None:
    ours = [SCHEDULES[name].factor(step / 1000) for step in range(1000)]
    assert ours == pytest.approx(torchs(schedule, 1000), abs=0.006)


def test_warm_up_leads_into_the_cosine() -> None:
    factors = [SCHEDULES["warm_up_cosine"].factor(step / 1000) for step in range(1001)]
    assert factors[50] == pytest.approx(SCHEDULES["warm_up"].factor(0.05))
    assert factors[100] == pytest.approx(1)
    assert factors[550] == pytest.approx(0.5)
    assert factors[1000] == pytest.approx(0)


@pytest.mark.parametrize("name", SCHEDULES)
def test_no_schedule_leaves_the_range_from_nothing_to_the_whole_rate_and_each_reaches_it(name: str) -> None:
    factors = [SCHEDULES[name].factor(step / 1000) for step in range(1001)]
    assert all(0 <= factor <= 1 for factor in factors)
    assert max(factors) == pytest.approx(1)


@pytest.mark.parametrize("name", ["constant", "cosine", "step"])
def test_a_schedule_without_warm_up_begins_with_the_whole_rate_and_never_grows(name: str) -> None:
    factors = [SCHEDULES[name].factor(step / 100) for step in range(101)]
    assert factors[0] == 1
    assert all(later <= earlier for earlier, later in itertools.pairwise(factors))


def test_a_changed_rate_is_scheduled_from_the_step_of_its_change_on() -> None:
    rates = [learning_rate(step, 100, "cosine", 0.1, [(20, 0.4), (60, 0.2)]) for step in (0, 19, 20, 60, 100)]
    cosine = SCHEDULES["cosine"].factor
    expected = [0.1, 0.1 * cosine(0.19), 0.4 * cosine(0.2), 0.2 * cosine(0.6), 0]
    assert rates == pytest.approx(expected)
