"""Filters are the weights of the first layer."""

from __future__ import annotations

import numpy as np
import torch

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.filters import filters


def test_filters_are_the_kernels_and_do_not_change_with_the_network_afterwards() -> None:
    training = SupervisedLearner(default_config("lenet"))
    picture = next(filters(training))
    before = training.network.c1.weight[:, 0].detach().clone()  # type: ignore[union-attr]
    np.testing.assert_array_equal(picture.arrays["weights"], before)
    with torch.no_grad():
        training.network.c1.weight.zero_()  # type: ignore[union-attr]
    np.testing.assert_array_equal(picture.arrays["weights"], before)


def test_mlp_on_images_shows_each_hidden_unit_as_an_image() -> None:
    picture = next(filters(SupervisedLearner(default_config("mlp", "mnist5k"))))
    assert picture.arrays["weights"].shape == (64, 28, 28)
