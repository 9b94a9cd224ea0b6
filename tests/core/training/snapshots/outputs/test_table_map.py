"""The map of a table shows the network's prediction on the principal plane."""

from __future__ import annotations

import numpy as np
import torch

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.data.table_points import principal_plane
from core.training.snapshots.outputs.table_map import table_map


def test_map_shows_the_networks_most_probable_class_at_each_cell() -> None:
    learner = SupervisedLearner(default_config("mlp", "iris"))
    picture = next(table_map(learner))
    mean, axes, _ = principal_plane(learner.data.train_inputs)
    bounds, size = picture.values, 120
    row, column = 17, 101
    x = bounds["x_min"] + (column + 0.5) / size * (bounds["x_max"] - bounds["x_min"])
    y = bounds["y_max"] - (row + 0.5) / size * (bounds["y_max"] - bounds["y_min"])
    place = torch.from_numpy(mean + axes @ np.array([x, y], np.float32))[None]
    with torch.no_grad():
        probabilities = learner.network(place).softmax(1)[0]
    assert picture.arrays["winner"][row, column] == probabilities.argmax()
    np.testing.assert_allclose(picture.arrays["probability"][row, column], probabilities.max(), atol=1e-4)


def test_two_classes_have_the_probability_of_the_logistic_function() -> None:
    learner = SupervisedLearner(default_config("mlp", "breast_cancer"))
    picture = next(table_map(learner))
    assert set(np.unique(picture.arrays["winner"])) <= {0, 1}
    assert picture.arrays["probability"].min() >= 0.5
