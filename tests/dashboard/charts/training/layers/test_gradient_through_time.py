"""The gradient at first and now are told apart."""

from __future__ import annotations

import numpy as np

from core.events import Picture
from dashboard.charts.training.layers.gradient_through_time import gradient_through_time_chart
from tests.dashboard.charts.training.rows import rows


def test_gradient_through_time_tells_then_from_now() -> None:
    arrays = {"first": np.array([0.0, 0.5, 1.0]), "now": np.array([0.1, 0.2, 0.3])}
    drawn = rows(gradient_through_time_chart(Picture("", 70, arrays, {"first_step": 0})))
    assert {row["series"] for row in drawn} == {"Step 0", "Now, step 70"}
    assert len(drawn) == 5
    same = rows(
        gradient_through_time_chart(Picture("", 0, arrays | {"now": arrays["first"]}, {"first_step": 0}))
    )
    assert {row["series"] for row in same} == {"Now, step 0"}
