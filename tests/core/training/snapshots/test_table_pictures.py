"""Pictures of tables show the network's answers on the principal plane, and in the answer's unit."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.decomposition import PCA

from core.data import load
from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.table_pictures import predicted, principal_plane, rows_in_plane, table_map

CPU = torch.device("cpu")


def test_plane_is_that_of_the_first_two_principal_components() -> None:
    rows = load("wine").train_inputs
    mean, axes, shares = principal_plane(rows)
    theirs = PCA(2).fit(rows.astype(np.float64))
    np.testing.assert_allclose(mean, theirs.mean_, atol=1e-5)
    np.testing.assert_allclose(np.abs(axes.T), np.abs(theirs.components_), atol=1e-4)
    np.testing.assert_allclose(shares, theirs.explained_variance_ratio_, atol=1e-5)


def test_single_feature_has_a_plane_too() -> None:
    mean, axes, shares = principal_plane(np.arange(10, dtype=np.float32)[:, None])
    np.testing.assert_allclose(axes, [[1, 0]])
    assert (mean.tolist(), shares) == ([4.5], [1.0, 0.0])


def test_map_tells_the_networks_most_probable_class_at_each_place() -> None:
    learner = SupervisedLearner(default_config("mlp", "iris"))
    (picture,) = table_map(learner.network, learner.data, CPU, 3)
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
    (picture,) = table_map(learner.network, learner.data, CPU, 0)
    assert set(np.unique(picture.arrays["winner"])) <= {0, 1}
    assert picture.arrays["probability"].min() >= 0.5


def test_rows_are_projected_onto_the_plane() -> None:
    data = load("wine")
    (picture,) = rows_in_plane(data)
    theirs = PCA(2).fit(data.train_inputs.astype(np.float64)).transform(data.test_inputs)
    np.testing.assert_allclose(np.abs(picture.arrays["test_points"]), np.abs(theirs), atol=1e-3)
    np.testing.assert_array_equal(picture.arrays["test_labels"], data.test_targets)


def test_regression_is_told_in_the_unit_of_its_answer() -> None:
    learner = SupervisedLearner(default_config("mlp", "diabetes"))
    (picture,) = predicted(learner.network, learner.data, CPU, 0)
    truth = picture.arrays["truth"]
    assert 25 <= truth.min() < truth.max() <= 346  # of the published table
    np.testing.assert_allclose(truth, np.rint(truth), atol=1e-3)
    with torch.no_grad():
        outputs = learner.network(learner.test_inputs)[:, 0].numpy()
    expected = outputs * learner.data.answer_scale + learner.data.answer_mean
    np.testing.assert_allclose(picture.arrays["predicted"], expected, rtol=1e-4)
    assert list(rows_in_plane(learner.data)) == []
