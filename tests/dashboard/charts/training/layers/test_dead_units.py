"""Dead units have two bars a layer."""

from __future__ import annotations

import numpy as np

from core.events import Picture
from dashboard.charts.training.layers.dead_units import dead_units_chart
from tests.dashboard.charts.training.rows import rows


def test_dead_units_chart_has_two_bars_a_layer() -> None:
    arrays = {"dead": np.array([0.25, 0.0]), "saturated": np.array([0.5, 0.125])}
    values = {"layers": ["b", "a"], "units": [4, 8], "samples": 100}
    drawn = {
        (row["layer"], row["kind"]): row["fraction"]
        for row in rows(dead_units_chart(Picture("", 0, arrays, values)))
    }
    assert drawn == {
        ("b", "Dead units"): 0.25,
        ("a", "Dead units"): 0.0,
        ("b", "Saturated activations"): 0.5,
        ("a", "Saturated activations"): 0.125,
    }
