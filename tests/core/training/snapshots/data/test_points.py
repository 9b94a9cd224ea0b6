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


def test_other_features_are_drawn_over_the_plane() -> None:
    config = default_config("mlp", "moons", data_options={"features": "y_squared"}, validation_fraction=0.2)
    learner = SupervisedLearner(config)
    (picture,) = points(learner)
    shown = picture.arrays["train_points"]
    assert shown.shape == (400, 2)
    np.testing.assert_array_equal(shown[:, 1:] ** 2, learner.train_inputs.numpy())
    assert picture.values["features"] == ["x", "y"]
