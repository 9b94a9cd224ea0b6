"""The rows of a table on the plane of their principal components."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner

MAX_POINTS = 500  # of each split
MAX_ROWS = 2000  # from which the components are taken: enough to find them, and fast


def table_points(learner: SupervisedLearner) -> Iterator[Picture]:
    """Where rows fall on the plane of principal_plane(), at most 500 of each split.

    train_points and test_points float32 (n, 2), their classes uint8 (n,) in train_labels and test_labels.
    values: classes (names).
    """
    data = learner.data
    mean, axes, _ = principal_plane(data.train_inputs)
    shown = slice(MAX_POINTS)
    arrays = {
        "train_points": (data.train_inputs[shown] - mean) @ axes,
        "train_labels": data.train_targets[shown].astype(np.uint8),
        "test_points": (data.test_inputs[shown] - mean) @ axes,
        "test_labels": data.test_targets[shown].astype(np.uint8),
    }
    yield Picture("table_points", 0, arrays, {"classes": list(data.classes)})


def principal_plane(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """The first two principal components of rows (samples, features), found in 2,000 of them at most.

    Gives the mean (features,), the axes (features, 2), both float32, and each axis' fraction of the variance.
    The largest entry of an axis is positive. With a single feature the second axis is zero.
    Source: Pearson 1901.
    """
    some = inputs[:: -(-len(inputs) // MAX_ROWS)].astype(np.float64)
    mean = some.mean(axis=0)
    _, singular, components = np.linalg.svd(some - mean, full_matrices=False)
    axes = np.zeros((inputs.shape[1], 2))
    found = components[:2]
    found = found * np.sign(found[np.arange(len(found)), np.abs(found).argmax(axis=1)])[:, None]
    axes[:, : len(found)] = found.T
    variance = np.square(singular)
    fractions = variance / max(variance.sum(), np.finfo(float).tiny)
    return mean.astype(np.float32), axes.astype(np.float32), [*fractions[:2].tolist(), 0.0][:2]
