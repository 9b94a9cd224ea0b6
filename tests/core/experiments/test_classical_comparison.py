"""Networks and classical methods on the same splits."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from core.experiments import classical_comparison as comparison

SEEDS = [0, 1, 2]


@pytest.mark.parametrize("name", ["wine", "shifted_digits"])
def test_a_quarter_of_each_split_is_for_testing(name: str) -> None:
    splits = comparison.Splits(name, SEEDS)
    train, test = splits.inputs.shape[1], splits.test_inputs.shape[1]
    assert test / train == pytest.approx(comparison.TEST_BY_TRAIN, rel=0.05)
    assert not np.array_equal(splits.targets[0], splits.targets[1])


def test_the_classical_method_is_scikit_learns() -> None:
    splits = comparison.Splits("breast_cancer", SEEDS)
    found = [*comparison.classical("SVM", splits)]
    for number, accuracy in enumerate(found):
        model = SVC().fit(splits.inputs[number].numpy(), splits.targets[number].numpy())
        expected = model.score(splits.test_inputs[number].numpy(), splits.test_targets[number].numpy())
        assert accuracy == pytest.approx(expected)


def test_networks_are_as_good_as_scikit_learns_and_stay_apart() -> None:
    splits = comparison.Splits("breast_cancer", SEEDS)
    *_, (share, accuracies) = comparison.networks(splits, 10)
    assert share == 1
    for number, accuracy in enumerate(accuracies):
        model = MLPClassifier((64,), max_iter=1000, random_state=0)
        model.fit(splits.inputs[number].numpy(), splits.targets[number].numpy())
        theirs = model.score(splits.test_inputs[number].numpy(), splits.test_targets[number].numpy())
        assert accuracy == pytest.approx(theirs, abs=0.03)
    *_, (_, alone) = comparison.networks(comparison.Splits("breast_cancer", SEEDS[1:2]), 10)
    assert alone == [pytest.approx(accuracies[1], abs=0.01)]


def test_the_made_rule_is_a_majority_of_three() -> None:
    data = comparison.rule_table(0, 0.25)
    assert data.train_inputs.shape == (900, 20)
    # Votes come true with 0.35, 0.4 and 0.5, each independently: two or more of them with 0.375.
    assert np.mean(data.train_targets) == pytest.approx(0.375, abs=0.05)
