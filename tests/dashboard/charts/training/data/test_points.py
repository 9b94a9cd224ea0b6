"""Points of the data are drawn in the colours of the decision map."""

from __future__ import annotations

import numpy as np
import pytest

from core.events import Picture
from dashboard.charts.training.data.points import points_chart
from dashboard.charts.training.data.table_points import table_points_chart
from dashboard.charts.training.data.target import target_chart
from tests.dashboard.charts.training.rows import rows


@pytest.mark.parametrize("chart", [points_chart, table_points_chart])
def test_every_point_is_drawn_with_class_and_part(chart) -> None:  # type: ignore[no-untyped-def]
    points, labels = np.array([[0, 0], [1, 2]], np.float32), np.array([0, 1])
    arrays = {f"{part}_points": points for part in ("train", "test")}
    arrays |= {f"{part}_labels": labels for part in ("train", "test")}
    drawn = rows(chart(Picture("points", 0, arrays, {"classes": ["a", "b"]})))
    assert [(row["x"], row["y"], row["class"], row["split"]) for row in drawn] == [
        (0, 0, "a", "Train"),
        (1, 2, "b", "Train"),
        (0, 0, "a", "Test"),
        (1, 2, "b", "Test"),
    ]


def test_target_has_every_point() -> None:
    drawn = rows(target_chart(Picture("target", 0, {"real": np.array([[1, 2], [3, 4]], np.float32)})))
    assert [(row["x"], row["y"]) for row in drawn] == [(1, 2), (3, 4)]
