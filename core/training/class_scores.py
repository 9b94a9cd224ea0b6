"""What an accuracy is compared with: always the most frequent class, and each class counted alike."""

from __future__ import annotations

import numpy as np

from core.data.dataset import NO_TARGET

UNEVEN = 1.5  # times as many samples in the largest class as in the smallest


def class_scores(predicted: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """majority_accuracy, of always the most frequent class, and balanced_accuracy where classes are uneven.

    Class numbers of equal shapes; NO_TARGET counts for nothing. The balanced accuracy is the mean over the
    classes of the fraction of their samples that are predicted: whoever always says one class has 1 / classes
    (Brodersen et al. 2010).
    """
    counted = targets != NO_TARGET
    predicted, targets = predicted[counted], targets[counted]
    scores = {"majority_accuracy": majority_accuracy(targets)}
    if is_uneven(targets):
        scores["balanced_accuracy"] = balanced_accuracy(predicted, targets)
    return scores


def majority_accuracy(targets: np.ndarray) -> float:
    """The accuracy of always the most frequent of these class numbers."""
    counts = np.bincount(targets)
    return float(counts.max() / counts.sum())


def is_uneven(targets: np.ndarray) -> bool:
    """Whether an accuracy hides how the smaller of these classes fare."""
    counts = np.bincount(targets)
    present = counts[counts > 0]
    return len(present) == 1 or bool(present.max() >= UNEVEN * present.min())


def balanced_accuracy(predicted: np.ndarray, targets: np.ndarray) -> float:
    """The mean over the classes of the fraction of their samples that are predicted."""
    counts, hits = np.bincount(targets), np.bincount(targets, weights=predicted == targets)
    present = counts > 0
    return float((hits[present] / counts[present]).mean())
