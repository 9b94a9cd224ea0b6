"""How often each true class is predicted as each class."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from core.data.dataset import NO_TARGET
from core.events import Picture
from core.training.learners.graph import GraphLearner
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.sampling import outputs_on_test


def confusion(learner: SupervisedLearner | GraphLearner) -> Iterator[Picture]:
    """counts int64 (classes, classes), of the test split: rows are true classes, columns predicted ones.

    values: classes (names).
    """
    classes = list(learner.data.classes)
    while True:
        true, predicted = _of_nodes(learner) if isinstance(learner, GraphLearner) else _of_samples(learner)
        arrays = {"counts": counts_of(true, predicted, len(classes))}
        yield Picture("confusion", learner.step, arrays, {"classes": classes})


def counts_of(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """How often each class (row) was predicted to be each (column); without those that are NO_TARGET."""
    asked = true != NO_TARGET
    pairs = true[asked].astype(np.int64) * classes + predicted[asked]
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def _of_samples(learner: SupervisedLearner) -> tuple[np.ndarray, np.ndarray]:
    return _array(learner.test_targets), _array(predicted_classes(outputs_on_test(learner)))


def _of_nodes(learner: GraphLearner) -> tuple[np.ndarray, np.ndarray]:
    with torch.inference_mode():
        predicted = learner.network(learner.features, learner.edges).argmax(1)
    return _array(learner.labels[learner.test]), _array(predicted[learner.test])


def predicted_classes(outputs: Tensor) -> Tensor:
    """Class numbers out of outputs (batch, classes, ...); one output alone is the second class's logit."""
    return (outputs[:, 0] > 0).long() if outputs.shape[1] == 1 else outputs.argmax(1)


def _array(values: Tensor) -> np.ndarray:
    return values.cpu().numpy()
