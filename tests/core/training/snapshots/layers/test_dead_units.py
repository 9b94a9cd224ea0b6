"""Dead and saturated units are counted as the activation's slope has them."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.dead_units import dead_fraction, dead_units, relative_slopes
from core.training.snapshots.layers.named_layers import Activated


def learner(activation: str = "relu", **settings: object) -> SupervisedLearner:
    return SupervisedLearner(default_config("mlp", "moons", activation=activation, samples=300, **settings))


def test_units_that_relu_has_switched_off_for_good_are_dead() -> None:
    training = learner()
    with torch.no_grad():
        training.network.layers[0].bias[:2] = -100  # type: ignore[index, union-attr]
        training.network.layers[0].bias[2:] = 100  # type: ignore[index, union-attr]
    (picture,) = islice(dead_units(training), 1)
    assert picture.arrays["dead"][0] == pytest.approx(2 / 8)
    assert picture.arrays["saturated"][0] == pytest.approx(2 / 8)
    assert picture.values["units"] == [8, 8]


@pytest.mark.parametrize(
    ("function", "edge"),
    [
        (torch.tanh, np.arctanh(np.sqrt(0.95))),
        (torch.sigmoid, np.log((1 + np.sqrt(0.95)) / (1 - np.sqrt(0.95)))),
    ],
)
def test_saturation_begins_where_the_closed_form_has_a_twentieth_of_the_slope(function, edge: float) -> None:  # type: ignore[no-untyped-def]
    # tanh' = 1 - tanh^2; sigmoid' = s (1 - s), a quarter at most.
    before = torch.tensor([[edge - 0.01, edge + 0.01, -edge - 0.01]], dtype=torch.float64)
    slopes = relative_slopes(Activated("", before, function))
    assert (slopes < 0.05).tolist() == [[False, True, True]]


def test_a_channel_is_dead_when_no_sample_and_no_pixel_moves_it() -> None:
    slopes = torch.zeros(5, 3, 4, 4)
    slopes[2, 1, 3, 3] = 1
    assert dead_fraction(slopes) == pytest.approx(2 / 3)
