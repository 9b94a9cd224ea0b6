"""The target is the mixture's points."""

from __future__ import annotations

import numpy as np

from core.data import load
from core.training.snapshots.data.target import target
from tests.core.training.snapshots.stand_in import stand_in


def test_target_is_a_part_of_the_test_points() -> None:
    data = load("ring", samples=3000)
    (picture,) = target(stand_in(data=data))
    np.testing.assert_array_equal(picture.arrays["real"], data.test_inputs[:600])
