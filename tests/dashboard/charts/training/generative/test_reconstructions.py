"""Images and reconstructions stand above each other."""

from __future__ import annotations

import numpy as np

from core.events import Picture
from dashboard.charts.training.generative.reconstructions import reconstructions_chart
from tests.dashboard.charts.training.rows import rows


def test_each_image_stands_above_its_reconstruction() -> None:
    images = np.arange(8 * 64, dtype=np.uint8).reshape(8, 8, 8)
    picture = Picture("reconstructions", 1, {"images": images, "reconstructed": 255 - images})
    table = rows(reconstructions_chart(picture))
    assert len(table) == 16
    for image in (row for row in table if row["name"] == "Image"):
        below = [r for r in table if r["column"] == image["column"] and r["row"] == image["row"] + 1]
        assert [r["name"] for r in below] == ["Reconstruction"]
