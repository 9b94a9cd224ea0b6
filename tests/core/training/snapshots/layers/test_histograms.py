"""Histograms count every value."""

from __future__ import annotations

from itertools import islice

import numpy as np

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.histograms import input_histograms, weight_histograms


def test_histograms_count_every_weight_and_every_pre_activation() -> None:
    config = default_config("mlp", "moons", activation="relu", samples=300, hidden=(8, 5))
    training = SupervisedLearner(config)
    (weights,) = islice(weight_histograms(training), 1)
    assert weights.arrays["counts"].sum(axis=1).tolist() == [16, 40, 5]
    values = training.network.layers[1].weight.detach().numpy()  # type: ignore[index, union-attr]
    counts, edges = np.histogram(values, 40)
    np.testing.assert_allclose(weights.arrays["edges"][1], edges, rtol=1e-5, atol=1e-6)
    assert np.abs(weights.arrays["counts"][1] - counts).sum() <= 4  # float32 edges may move a value by a bin
    (inputs,) = islice(input_histograms(training), 1)
    assert inputs.arrays["counts"].sum(axis=1).tolist() == [100 * 8, 100 * 5]
