"""The samples that a curve or a surface is learnt from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner

MAX_SAMPLES = 500  # of each split


def curve_samples(learner: SupervisedLearner) -> Iterator[Picture]:
    """train and test, float32 (n, features + 1), the value last; at most 500 each.

    values: features (names), answer (the value's name).
    """
    data = learner.data
    arrays = {
        part: np.column_stack([inputs, targets])[:MAX_SAMPLES].astype(np.float32)
        for part, inputs, targets in (
            ("train", data.train_inputs, data.train_targets),
            ("test", data.test_inputs, data.test_targets),
        )
    }
    yield Picture("curve_samples", 0, arrays, {"features": list(data.features), "answer": data.target_name})
