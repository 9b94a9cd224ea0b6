"""Norms are drawn layer by layer."""

from __future__ import annotations

import numpy as np
import pytest

from core.events import Picture
from dashboard.charts.training.layers.layer_norms import TYPICAL_RATIO, update_ratio_chart
from tests.dashboard.charts.training.rows import rows


def norms(values: list[list[float]]) -> Picture:
    """Of two layers at steps 0, 10, ..., the second known for fewer steps."""
    ratio = np.array(values, np.float32)
    steps = np.where(np.isnan(ratio), -1, 10 * np.arange(ratio.shape[1]))
    return Picture("layer_norms", 20, {"ratio_steps": steps, "ratio": ratio}, {"layers": ["c1", "c2"]})


def test_updates_are_drawn_layer_by_layer_with_the_typical_range_behind() -> None:
    drawn = rows(update_ratio_chart(norms([[0.1, 0.01, 0.002], [0.5, 0.0, np.nan]])))
    points = [(row["series"], row["step"], row["value"]) for row in drawn if "series" in row]
    expected = [("c1", 0, 0.1), ("c1", 10, 0.01), ("c1", 20, 0.002), ("c2", 0, 0.5)]  # no logarithm of zero
    assert [point[:2] for point in points] == [point[:2] for point in expected]
    assert [point[2] for point in points] == pytest.approx([point[2] for point in expected])
    assert [(row["low"], row["high"]) for row in drawn if "low" in row] == [TYPICAL_RATIO]
    assert TYPICAL_RATIO[0] < 1e-3 < TYPICAL_RATIO[1]


@pytest.mark.parametrize(("points", "marks"), [(3, ["rect", "circle"]), (4, ["rect", "line", "circle"])])
def test_fewer_than_four_points_are_not_joined(points: int, marks: list[str]) -> None:
    chart = update_ratio_chart(norms([[0.1] * points, [0.5] * points])).to_dict()
    assert [layer["mark"]["type"] for layer in chart["layer"]] == marks
