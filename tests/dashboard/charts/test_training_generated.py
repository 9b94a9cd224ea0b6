"""Charts of what networks make show all of it, made beside real."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from core.events import Picture
from dashboard.charts.training.generated import (
    fantasies_chart,
    generated_chart,
    reconstructions_chart,
    samples_chart,
)

BOUNDS = {"x_min": -2.0, "x_max": 2.0, "y_min": -3.0, "y_max": 3.0}


def rows(chart: Any) -> list[dict[str, Any]]:
    return [row for table in chart.to_dict()["datasets"].values() for row in table]


def test_made_points_lie_over_real_ones_on_the_map() -> None:
    made = {"points": np.zeros((5, 2), np.float32), "realness": np.zeros((4, 4), np.float32)}
    picture = Picture("generated", 1, made, BOUNDS | {"modes": 3, "of": 8})
    target = Picture("target", 0, {"real": np.ones((7, 2), np.float32)})
    chart = generated_chart(picture, target)
    alt.LayerChart.from_dict(chart.to_dict(), validate=True)
    parts = [row["part"] for row in rows(chart) if "part" in row]
    assert (parts.count("Real"), parts.count("Made")) == (7, 5)
    assert parts[-1] == "Made"  # drawn last, on top
    assert chart.title.subtitle[0] == "3 of 8 modes covered."
    assert len([row for row in rows(generated_chart(picture, None)) if "part" in row]) == 5


def test_each_image_stands_above_its_reconstruction() -> None:
    images = np.arange(8 * 64, dtype=np.uint8).reshape(8, 8, 8)
    picture = Picture("reconstructions", 1, {"images": images, "reconstructed": 255 - images})
    table = rows(reconstructions_chart(picture))
    assert len(table) == 16
    for image in (row for row in table if row["part"] == "Image"):
        below = [r for r in table if r["column"] == image["column"] and r["row"] == image["row"] + 1]
        assert [r["part"] for r in below] == ["Reconstruction"]


def test_generated_images_are_all_there() -> None:
    images = np.zeros((24, 28, 28), np.uint8)
    for chart in (samples_chart, fantasies_chart):
        table = rows(chart(Picture("samples", 1, {"images": images})))
        assert len({(row["row"], row["column"]) for row in table}) == 24
