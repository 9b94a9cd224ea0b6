"""The confusion matrix counts each pair."""

from __future__ import annotations

import numpy as np
import pytest

from core.events import Picture
from dashboard.charts.training.outputs.confusion import confusion_chart
from tests.dashboard.charts.training.rows import rows


def test_confusion_chart_counts_each_pair_and_says_how_many_are_wrong() -> None:
    counts = np.array([[5, 1, 0], [0, 3, 2], [0, 0, 4]])
    chart = confusion_chart(Picture("", 0, {"counts": counts}, {"classes": ["x", "y", "z"]}))
    drawn = {(row["truth"], row["predicted"]): (row["count"], row["fraction"]) for row in rows(chart)}
    assert len(drawn) == 9
    assert drawn["x", "y"] == (1, pytest.approx(1 / 6))
    assert drawn["y", "z"] == (2, pytest.approx(2 / 5))
    assert "3 of 15" in chart.to_json()
