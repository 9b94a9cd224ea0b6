"""Histograms stand each in a row of its own."""

from __future__ import annotations

import numpy as np
import pytest

from core.events import Picture
from dashboard.charts.training.layers.histograms import weight_histograms_chart
from tests.dashboard.charts.training.rows import rows


def test_histograms_stand_each_in_a_row_of_its_own() -> None:
    arrays = {"counts": np.array([[1, 4], [0, 10]]), "edges": np.array([[-1, 0, 1], [0, 2, 4]], np.float32)}
    chart = weight_histograms_chart(Picture("", 0, arrays, {"layers": ["first", "second"]}))
    bars = [row for row in rows(chart) if "count" in row]
    assert [(bar["layer"], bar["left"], bar["right"], bar["count"]) for bar in bars] == [
        ("first", -1, 0, 1),
        ("first", 0, 1, 4),
        ("second", 2, 4, 10),
    ]
    heights = [bar["base"] - bar["top"] for bar in bars]
    assert heights[0] == pytest.approx(heights[1] / 4)
    assert all(height < 1 for height in heights)  # they do not reach into the row above
    assert [bar["base"] for bar in bars] == [1, 1, 2]
