"""An accuracy stands beside that of always one class, and a rare class counts as much as a common one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from core.data.dataset import NO_TARGET
from core.events import Progress
from core.training.class_scores import class_scores
from core.training.config import default_config
from core.training.learners.learner import Scores
from core.training.learners.registry import learner_for

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40)


@given(PAIRS)
@settings(max_examples=100, deadline=None)
def test_balanced_accuracy_is_that_of_scikit_learn_where_classes_are_uneven(
    pairs: list[tuple[int, int]],
) -> None:
    predicted, targets = np.array(pairs).T
    counts = np.unique(targets, return_counts=True)[1]
    scores = class_scores(predicted, targets)
    assert scores["majority_accuracy"] == pytest.approx(counts.max() / len(targets))
    uneven = len(counts) == 1 or counts.max() >= 1.5 * counts.min()
    assert ("balanced_accuracy" in scores) == uneven
    if len(counts) > 1 and uneven and {*predicted} <= {*targets}:  # scikit-learn warns of the rest
        assert scores["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(targets, predicted))


def test_steps_without_a_target_count_for_nothing() -> None:
    targets = np.array([[NO_TARGET, 1, 1], [NO_TARGET, NO_TARGET, 0]])
    assert class_scores(np.array([[5, 1, 1], [5, 5, 1]]), targets) == {
        "majority_accuracy": pytest.approx(2 / 3),
        "balanced_accuracy": 0.5,
    }


def scores_of(model: str, data: str) -> Scores:
    evaluation = learner_for(default_config(model, data)).evaluate(Progress(0, 1, "epochs"))
    while True:
        try:
            next(evaluation)
        except StopIteration as end:
            scores: Scores = end.value
            return scores


@pytest.mark.parametrize(
    ("model", "data", "uneven"),
    [
        ("mlp", "iris", False),
        ("mlp", "breast_cancer", True),
        ("gcn", "les_miserables", True),
        ("lstm", "copy_memory", False),
    ],
)
def test_every_classification_has_its_majority_beside_it(model: str, data: str, uneven: bool) -> None:
    details = scores_of(model, data).details
    assert 0 < details["majority_accuracy"] < 1
    assert ("balanced_accuracy" in details) == uneven
