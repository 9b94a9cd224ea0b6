"""The policy map is a picture over angle and angular speed."""

from __future__ import annotations

import numpy as np

from core.events import Picture
from dashboard.charts.training.episodes.policy_map import policy_map_chart
from tests.dashboard.charts.training.rows import rows


def test_policy_is_drawn_between_its_bounds() -> None:
    bounds = {"x_min": -0.2, "x_max": 0.2, "y_min": -2.0, "y_max": 2.0}
    picture = Picture("policy_map", 0, {"preference": np.zeros((4, 4), np.float32)}, bounds)
    (row,) = rows(policy_map_chart(picture))
    assert bounds.items() <= row.items()
