"""What a network predicts of images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from core.events import Picture
from core.training.learners.building import evaluation_mode
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.outputs.decision_map import most_probable
from core.training.snapshots.sampling import as_pixels

MAX_IMAGES, MAX_WRONG, SEARCHED_IMAGES = 24, 8, 250


def predictions(learner: SupervisedLearner) -> Iterator[Picture]:
    """Test images: mistakes first, the surest one leading, at most 8; then right predictions.

    images uint8 as of as_pixels(), labels and predicted int64 (n,), confidence float32 (n,), the probability
    of the predicted class. values: classes (names).
    """
    searched = learner.data.test_inputs[:SEARCHED_IMAGES]
    labels = learner.data.test_targets[:SEARCHED_IMAGES]
    inputs = torch.from_numpy(searched).to(learner.device)
    while True:
        with evaluation_mode(learner.network):
            outputs = learner.network(inputs)
        predicted, confidence = most_probable(outputs)
        shown = _mistakes_first(confidence, predicted == labels)
        arrays = {
            "images": as_pixels(searched[shown]),
            "labels": labels[shown],
            "predicted": predicted[shown],
            "confidence": confidence[shown],
        }
        yield Picture("predictions", learner.step, arrays, {"classes": list(learner.data.classes)})


def _mistakes_first(confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    wrong = np.flatnonzero(~right)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][:MAX_WRONG]
    return np.concatenate([wrong, np.flatnonzero(right)])[:MAX_IMAGES]
