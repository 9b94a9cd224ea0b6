"""Samples of a curve and of a surface are all drawn."""

from __future__ import annotations

import numpy as np
import pytest

from core.events import Picture
from dashboard.charts.training.data.curve_samples import curve_samples_chart
from tests.dashboard.charts.training.rows import rows


@pytest.mark.parametrize("features", [["x"], ["x", "y"]])
def test_every_sample_is_drawn_with_its_part(features: list[str]) -> None:
    columns = len(features) + 1
    arrays = {"train": np.zeros((4, columns), np.float32), "test": np.ones((3, columns), np.float32)}
    chart = curve_samples_chart(Picture("curve_samples", 0, arrays, {"features": features, "answer": "z"}))
    drawn = rows(chart)
    assert [row["split"] for row in drawn] == ["Train"] * 4 + ["Test"] * 3
    assert all({*features, "z"} <= {*row} for row in drawn)
    assert chart.to_dict()["encoding"]["y"]["field"] == [*features, "z"][1]
