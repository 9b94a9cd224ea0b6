"""The confusion matrix is scikit-learn's."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from core.training.config import default_config
from core.training.learners.graph import GraphLearner
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.outputs.confusion import confusion, counts_of


def test_counts_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    truth, predicted = random.integers(0, 5, (2, 200))
    expected = confusion_matrix(truth, predicted, labels=range(6))
    np.testing.assert_array_equal(counts_of(truth, predicted, 6), expected)
    unasked = np.concatenate([truth, [-100, -100]])
    np.testing.assert_array_equal(counts_of(unasked, np.concatenate([predicted, [1, 2]]), 6), expected)


@pytest.mark.parametrize(("model", "data"), [("mlp", "moons"), ("mlp", "mnist5k")])
def test_confusion_counts_the_whole_test_split_of_two_classes_and_of_ten(model: str, data: str) -> None:
    learner = SupervisedLearner(default_config(model, data))
    (picture,) = islice(confusion(learner), 1)
    outputs = learner.network(learner.test_inputs).detach().numpy()
    predicted = (outputs[:, 0] > 0).astype(int) if data == "moons" else outputs.argmax(1)
    expected = confusion_matrix(learner.data.test_targets, predicted)
    np.testing.assert_array_equal(picture.arrays["counts"], expected)


def test_confusion_of_a_graph_counts_the_test_nodes() -> None:
    learner = GraphLearner(default_config("gcn", "karate_club"))
    (picture,) = islice(confusion(learner), 1)
    assert picture.arrays["counts"].sum() == len(learner.test)
