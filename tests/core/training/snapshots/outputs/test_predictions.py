"""Predictions on images are the network's, mistakes first."""

from __future__ import annotations

import numpy as np
import torch

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.outputs.predictions import predictions


def test_predictions_lead_with_mistakes_and_show_real_images() -> None:
    training = SupervisedLearner(default_config("lenet"))
    picture = next(predictions(training))
    images, labels, predicted, confidence = (
        picture.arrays[name] for name in ("images", "labels", "predicted", "confidence")
    )
    assert (images.shape, images.dtype) == ((24, 28, 28), np.uint8)
    wrong = predicted != labels
    assert wrong[:8].all()  # untrained, it is wrong nine times in ten
    assert (np.diff(confidence[:8]) <= 0).all()
    shown = torch.from_numpy(images.astype(np.float32) / 255)[:, None]
    probability = torch.softmax(training.network(shown), 1).detach().numpy()
    np.testing.assert_array_equal(probability.argmax(1), predicted)
    np.testing.assert_allclose(probability.max(1), confidence, rtol=1e-4)
    for image, label in zip(images, labels, strict=True):
        matches = (np.rint(training.data.test_inputs[:, 0] * 255) == image).all(axis=(1, 2))
        assert training.data.test_targets[matches].tolist() == [label]
    outputs = training.network(torch.from_numpy(training.data.test_inputs)).detach().numpy()
    assert picture.values["samples"] == len(outputs) == 1000
    assert picture.values["wrong"] == (outputs.argmax(1) != training.data.test_targets).sum()
