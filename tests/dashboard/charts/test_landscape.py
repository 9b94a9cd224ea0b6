"""The charts of a landscape show every place that has a loss, and the limit where there is one."""

from __future__ import annotations

from typing import Any

from dashboard.charts.landscape import landscape_chart, sharpness_chart

COMPLETED: dict[str, Any] = {
    "offsets": [-1.0, 0.0, 1.0],
    "losses": [[2.0, 1.0, None], [1.0, 0.0, 1.0], [2.0, 1.0, 2.0]],
    "sharpness": 12.0,
    "limit": 20.0,
    "learning_rate": 0.1,
}


def rows(chart: Any) -> list[dict[str, Any]]:
    return [row for table in chart.to_dict()["datasets"].values() for row in table]


def test_every_place_with_a_loss_is_a_cell() -> None:
    cells = [row for row in rows(landscape_chart(COMPLETED)) if "loss" in row]
    assert len(cells) == 8
    assert min(cell["shown"] for cell in cells) > 0  # on a scale of logarithms
    assert {cell["loss"] for cell in cells if (cell["x"], cell["y"]) == (0, 0)} == {0.0}


def test_the_limit_is_drawn_where_there_is_one_and_a_hollow_without_curvature_too() -> None:
    assert {"limit": 20.0} in rows(sharpness_chart(COMPLETED))
    adaptive = sharpness_chart(COMPLETED | {"limit": None})
    assert not [row for row in rows(adaptive) if "limit" in row]
    assert "is no limit for it" in str(adaptive.to_dict())
    assert rows(sharpness_chart(COMPLETED | {"limit": None, "sharpness": 0.0}))
    assert rows(sharpness_chart(COMPLETED | {"sharpness": -3.0}))
