"""Statement 6: shared weights solve the number of parameters and work well."""

from __future__ import annotations

import pytest
from torch import nn

from core.experiments.statement_events import Fact
from core.experiments.statements import weight_sharing
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from tests.core.experiments.statements.running import run, verdicts

SMALL = {"seeds": 8, "permuted": False}
BETTER = "5 points more accurate than a dense network with as many parameters | digits"


def test_parameters_are_torchs() -> None:
    layer = nn.Conv2d(weight_sharing.CHANNELS_IN, weight_sharing.CHANNELS_OUT, weight_sharing.WINDOW)
    assert weight_sharing.shared(224) == sum(p.numel() for p in layer.parameters()) == 1792
    assert weight_sharing.unshared(224) == 89_915_392


def test_it_is_true_of_shifted_digits_and_half_true_of_centred_ones() -> None:
    shifted = run("weight_sharing", shifts=(1,), epochs=3, images=400, **SMALL)
    assert set(verdicts(shifted).values()) == {SUPPORTED}
    centred = verdicts(run("weight_sharing", shifts=(0,), epochs=8, **SMALL))
    assert centred[""] == DEPENDS
    assert centred[f"{BETTER} in the middle"] == REFUTED
    (alexnet,) = (event.text for event in shifted if isinstance(event, Fact) and event.name == "AlexNet")
    assert alexnet.startswith("96.0%")  # 58.6 of 61.1 million (Krizhevsky et al. 2012)


@pytest.mark.slow
def test_a_quick_test_says_that_it_depends_and_that_shuffled_pixels_gain_nothing() -> None:
    events = run("weight_sharing")
    assert verdicts(events)[""] == DEPENDS
    controls = verdicts(events, counts=False)
    assert controls[f"{BETTER} shifted up to 2 px, permuted"] == REFUTED
