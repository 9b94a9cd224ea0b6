"""What a network predicts of images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.outputs.decision_map import most_probable
from core.training.snapshots.sampling import as_pixels, outputs_on_test

MAX_IMAGES, MAX_WRONG = 24, 8


def predictions(learner: SupervisedLearner) -> Iterator[Picture]:
    """Test images: mistakes first, the surest one leading, at most 8; then right predictions.

    images uint8 as of as_pixels(), labels and predicted int64 (n,), confidence float32 (n,), the probability
    of the predicted class. values: classes (names), samples and wrong, how many of the whole test split there
    are and how many of them are mistakes.
    """
    images, labels = learner.data.test_inputs, learner.data.test_targets
    while True:
        predicted, confidence = most_probable(outputs_on_test(learner))
        shown = _mistakes_first(confidence, predicted == labels)
        arrays = {
            "images": as_pixels(images[shown]),
            "labels": labels[shown],
            "predicted": predicted[shown],
            "confidence": confidence[shown],
        }
        counts = {"samples": len(labels), "wrong": int((predicted != labels).sum())}
        yield Picture("predictions", learner.step, arrays, {"classes": list(learner.data.classes)} | counts)


def _mistakes_first(confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    wrong = np.flatnonzero(~right)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][:MAX_WRONG]
    return np.concatenate([wrong, np.flatnonzero(right)])[:MAX_IMAGES]
