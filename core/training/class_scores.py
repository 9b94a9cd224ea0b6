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
    labels, right = targets[counted], (predicted == targets)[counted]
    counts = np.bincount(labels)
    present = counts > 0
    scores = {"majority_accuracy": float(counts.max() / counts.sum())}
    if counts.max() >= UNEVEN * counts[present].min() or present.sum() == 1:
        hits = np.bincount(labels, weights=right)
        scores["balanced_accuracy"] = float((hits[present] / counts[present]).mean())
    return scores
