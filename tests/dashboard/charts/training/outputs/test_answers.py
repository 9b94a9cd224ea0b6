"""The chart of sequences has every prediction against its truth."""

from __future__ import annotations

import numpy as np

from core.events import Picture
from dashboard.charts.training.outputs.answers import answers_chart
from tests.dashboard.charts.training.rows import rows


def test_predictions_and_the_line_of_right_ones_share_the_axes() -> None:
    arrays = {"truth": np.array([0.0, 1.0, 2.0]), "answer": np.array([0.5, 1.0, 3.0])}
    chart = answers_chart(Picture("answers", 0, arrays, {"answer": "sum"}))
    drawn = [(row["truth"], row["predicted"]) for row in rows(chart)]
    assert sorted(drawn) == [(0, 0), (0, 0.5), (1, 1), (2, 3), (3, 3)]
    assert "sum" in chart.to_json()
