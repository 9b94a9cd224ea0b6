"""What is shown of many is evenly spread and always the same."""

from __future__ import annotations

import numpy as np
import torch

from core.training.snapshots.sampling import as_pixels, shown_samples, spread
from tests.core.training.snapshots.stand_in import stand_in


def test_spread_keeps_first_and_last() -> None:
    assert spread(range(5), 12) == [0, 1, 2, 3, 4]
    assert spread(range(100), 3) == [0, 50, 99]


def test_samples_are_spread_over_the_test_part() -> None:
    learner = stand_in(test_inputs=torch.zeros(1001, 2))
    assert shown_samples(learner, 3).tolist() == [0, 500, 1000]
    learner.test_inputs = torch.zeros(2, 2)
    np.testing.assert_array_equal(shown_samples(learner), [0, 1])


def test_images_are_shown_in_grey_or_in_colour() -> None:
    inputs = np.random.default_rng(0).random((4, 3, 5, 6)).astype(np.float32)
    shown = as_pixels(inputs)
    assert shown.shape == (4, 5, 6, 3)
    np.testing.assert_array_equal(shown[..., 2], np.rint(255 * inputs[:, 2]))
    np.testing.assert_array_equal(as_pixels(torch.from_numpy(inputs[:, :1])), np.rint(255 * inputs[:, 0]))
