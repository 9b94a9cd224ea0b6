"""The samples are those of the data."""

from __future__ import annotations

import numpy as np

from core.data import load
from core.training.snapshots.data.curve_samples import curve_samples
from tests.core.training.snapshots.stand_in import stand_in


def test_samples_are_those_of_the_data() -> None:
    data = load("hills", samples=2000)
    (picture,) = curve_samples(stand_in(data=data))
    np.testing.assert_array_equal(picture.arrays["train"][:, :2], data.train_inputs[:500])
    np.testing.assert_array_equal(picture.arrays["test"][:, 2], data.test_targets[:500])
