"""Generated points are shown over real ones."""

from __future__ import annotations

import numpy as np

from core.events import Picture
from dashboard.charts.training.generative.generated import generated_chart
from tests.dashboard.charts.training.rows import rows

BOUNDS = {"x_min": -2.0, "x_max": 2.0, "y_min": -3.0, "y_max": 3.0}


def test_generated_points_lie_over_real_ones_on_the_map() -> None:
    generated = {"points": np.zeros((5, 2), np.float32), "realness": np.zeros((4, 4), np.float32)}
    picture = Picture("generated", 1, generated, BOUNDS | {"modes": 3, "of": 8})
    target = Picture("target", 0, {"real": np.ones((7, 2), np.float32)})
    chart = generated_chart(picture, target)
    parts = [row["kind"] for row in rows(chart) if "kind" in row]
    assert (parts.count("Real"), parts.count("Generated")) == (7, 5)
    assert parts[-1] == "Generated"  # drawn last, on top
    assert chart.title.subtitle[0] == "3 of 8 modes covered."
    assert len([row for row in rows(generated_chart(picture, None)) if "kind" in row]) == 5
