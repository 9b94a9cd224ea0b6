"""Two simulated cards at work at once, and one at a time."""

from __future__ import annotations

import pytest

from core.timing.stress import load
from core.timing.together import job
from core.timing.together.config import TogetherConfig
from core.timing.together.events import PRODUCTS, TRANSFERS, TogetherMeasured
from core.timing.together.job import together


def test_each_card_is_measured_alone_and_beside_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "_SIDES", (64,))
    monkeypatch.setattr(load, "_BLOCK_S", 0.02)
    monkeypatch.setattr(job, "_WARM_UP_S", 0.05)  # nothing here has to get warm
    events = list(together(TogetherConfig(devices=("cuda:0", "cuda:1"), seconds=0.5)))
    found = [event for event in events if isinstance(event, TogetherMeasured)]
    assert [(one.work, one.device, one.others) for one in found] == [
        (work, device, others)
        for work in (PRODUCTS, TRANSFERS)
        for device, others in (("cuda:0", ("cuda:1",)), ("cuda:1", ("cuda:0",)))
    ]
    assert all(one.alone_per_s > 0 and one.low <= one.high for one in found)
