"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from core.data.dataset import NO_ANSWER
from core.events import Picture
from core.training.learners.building import evaluation_mode
from core.training.learners.graph import GraphLearner
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers import held_back

MAX_SAMPLES = 300


def confusion(learner: SupervisedLearner | GraphLearner) -> Iterator[Picture]:
    """ "confusion": counts int64 (classes, classes), of held-back samples: rows are truth, columns answers.

    At most 300 samples, evenly spread. values: classes.
    """
    classes = list(learner.data.classes)
    while True:
        truth, answers = _of_nodes(learner) if isinstance(learner, GraphLearner) else _of_samples(learner)
        arrays = {"counts": counts_of(truth, answers, len(classes))}
        yield Picture("confusion", learner.step, arrays, {"classes": classes})


def counts_of(truth: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """How often each class (row) got each answer (column); where no answer is asked, nothing counts."""
    asked = truth != NO_ANSWER
    pairs = truth[asked].astype(np.int64) * classes + answers[asked]
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def _of_samples(learner: SupervisedLearner) -> tuple[np.ndarray, np.ndarray]:
    shown = torch.from_numpy(held_back(learner, MAX_SAMPLES)).to(learner.device)
    with evaluation_mode(learner.network):
        outputs = learner.network(learner.test_inputs[shown])
        return _array(learner.test_targets[shown]), _array(predictions_of(outputs))


def _of_nodes(learner: GraphLearner) -> tuple[np.ndarray, np.ndarray]:
    with torch.inference_mode():
        answers = learner.network(learner.features, learner.edges).argmax(1)
    return _array(learner.labels[learner.test]), _array(answers[learner.test])


def predictions_of(outputs: Tensor) -> Tensor:
    """Class numbers out of outputs (batch, classes, ...); one output alone is the second class's logit."""
    return (outputs[:, 0] > 0).long() if outputs.shape[1] == 1 else outputs.argmax(1)


def _array(values: Tensor) -> np.ndarray:
    return values.cpu().numpy()
