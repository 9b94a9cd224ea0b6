"""The picture of points is that of the data."""

from __future__ import annotations

import numpy as np

from core.data import load
from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.data.points import points
from tests.core.training.snapshots.stand_in import stand_in


def test_points_are_those_of_the_data() -> None:
    data = load("moons", test_fraction=0.5)
    (picture,) = points(stand_in(data=data, step=9))
    np.testing.assert_array_equal(picture.arrays["train_points"], data.train_inputs)
    np.testing.assert_array_equal(picture.arrays["test_labels"], data.test_targets)
    assert picture.step == 0  # the data is there before the first step


def test_sine_features_are_drawn_over_the_plane() -> None:
    learner = SupervisedLearner(default_config("mlp", "moons", data_options={"features": "sine"}))
    (picture,) = points(learner)
    assert picture.arrays["train_points"].shape == (500, 2)
    assert picture.values["features"] == ["x", "y"]
