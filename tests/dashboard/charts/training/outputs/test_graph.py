"""The chart of a graph shows every node, link and prediction."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pytest

from core.events import Picture
from dashboard.charts.training.outputs.graph import graph_chart


def picture(**more: Any) -> Picture:
    arrays = {
        "positions": np.array([[-1, 0], [0, 1], [1, 0]], np.float32),
        "links": np.array([[0, 1], [1, 2]]),
        "labels": np.array([0, 1, 1]),
        "predicted": np.array([0, 0, 1]),
        "confidence": np.array([0.9, 0.6, 0.8], np.float32),
        "known": np.array([True, False, False]),
    }
    return Picture("graph", 5, arrays | more, {"names": ["Ann", "Bob", "Cid"], "classes": ["x", "y"]})


def rows(chart: alt.LayerChart) -> list[dict[str, Any]]:
    return [row for table in chart.to_dict()["datasets"].values() for row in table]


def test_nodes_and_links_are_where_the_picture_has_them() -> None:
    chart = graph_chart(picture())
    alt.LayerChart.from_dict(chart.to_dict(), validate=True)
    nodes = {row["name"]: row for row in rows(chart) if "name" in row}
    assert (nodes["Bob"]["x"], nodes["Bob"]["y"]) == (0, 1)
    assert (nodes["Bob"]["predicted"], nodes["Bob"]["truth"], nodes["Bob"]["right"]) == ("x", "y", False)
    assert nodes["Ann"]["split"] == "Known"
    links = [row for row in rows(chart) if "x2" in row]
    assert {(row["x"], row["x2"]) for row in links} == {(-1, 0), (0, 1)}


def test_mistakes_on_test_nodes_are_counted() -> None:
    assert "1 of 2 predictions are wrong" in graph_chart(picture()).title.subtitle[0]


def test_attention_is_the_width_of_a_link() -> None:
    chart = graph_chart(picture(attention=np.array([0.1, 0.7], np.float32)))
    links = [row for row in rows(chart) if "attention" in row]
    assert [row["attention"] for row in links] == pytest.approx([0.1, 0.7])
    assert "attention" not in str(graph_chart(picture()).to_dict()["layer"][0])
