"""The embedding has a mark for each sample."""

from __future__ import annotations

import numpy as np
import pytest

from core.events import Picture
from dashboard.charts.training.layers.embedding import embedding_chart
from tests.dashboard.charts.training.rows import rows


@pytest.mark.parametrize(("classes", "mark"), [(["0", "1"], "text"), (["setosa", "virginica"], "point")])
def test_embedding_writes_short_names_and_shapes_long_ones(classes: list[str], mark: str) -> None:
    arrays = {"places": np.array([[0, 1], [2, 3]], np.float32), "labels": np.array([1, 0])}
    chart = embedding_chart(Picture("", 0, arrays, {"classes": classes, "explained": [0.7, 0.2]}))
    assert [(row["x"], row["y"], row["class"]) for row in rows(chart)] == [
        (0, 1, classes[1]),
        (2, 3, classes[0]),
    ]
    assert chart.to_dict()["layer"][0]["mark"]["type"] == mark
