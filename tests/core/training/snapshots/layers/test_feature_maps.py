"""Feature maps are what the layers compute."""

from __future__ import annotations

from itertools import islice

import numpy as np
import torch

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.feature_maps import feature_maps


def test_feature_maps_are_those_of_the_layers() -> None:
    learner = SupervisedLearner(default_config("lenet", "mnist5k"))
    (picture,) = islice(feature_maps(learner), 1)
    assert picture.values["layers"] == ["C1", "C3"]
    expected = torch.relu(learner.network.c1(learner.test_inputs[:1]))[0]  # type: ignore[operator]
    np.testing.assert_allclose(picture.arrays["0"], expected.detach().numpy(), rtol=1e-5)
    assert picture.arrays["1"].shape == (8, 10, 10)
    assert picture.values["channels"] == [6, 16]


def test_a_cell_of_the_first_maps_is_patch_times_kernel_plus_bias() -> None:
    learner = SupervisedLearner(default_config("lenet", "mnist5k"))
    (picture,) = islice(feature_maps(learner), 1)
    arrays, padding = picture.arrays, picture.values["padding"]
    image = np.pad(arrays["image"] / 255, padding)
    for channel, row, column in [(0, 0, 0), (3, 14, 9), (5, 27, 27)]:
        patch = image[row : row + 5, column : column + 5]
        z = (patch * arrays["kernels"][channel, 0]).sum() + arrays["bias"][channel]
        np.testing.assert_allclose(arrays["0"][channel, row, column], max(z, 0), atol=1e-5)
    assert (picture.values["stride"], picture.values["normalised"]) == (1, False)
