"""Predictions of a table are in the target's unit."""

from __future__ import annotations

import numpy as np
import torch

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.outputs.predicted import predicted


def test_predictions_are_in_the_unit_of_the_target() -> None:
    learner = SupervisedLearner(default_config("mlp", "diabetes"))
    picture = next(predicted(learner))
    truth = picture.arrays["truth"]
    assert 25 <= truth.min() < truth.max() <= 346  # of the published table
    np.testing.assert_allclose(truth, np.rint(truth), atol=1e-3)
    with torch.no_grad():
        outputs = learner.network(learner.test_inputs)[:, 0].numpy()
    expected = outputs * learner.data.target_scale + learner.data.target_mean
    np.testing.assert_allclose(picture.arrays["predicted"], expected, rtol=1e-4)
