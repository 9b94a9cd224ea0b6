"""Schedules agree with torch's own."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

from core.training.schedules import SCHEDULES


def test_cosine_is_torchs_cosine_annealing() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = CosineAnnealingLR(optimizer, T_max=50)
    for step in range(50):
        assert SCHEDULES["cosine"].factor(step / 50) == pytest.approx(theirs.get_last_lr()[0])
        optimizer.step()
        theirs.step()


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_begins_with_the_whole_rate_and_never_grows_or_turns_negative(name: str) -> None:
    factors = [SCHEDULES[name].factor(step / 100) for step in range(101)]
    assert factors[0] == 1
    assert all(0 <= later <= earlier for earlier, later in itertools.pairwise(factors))
