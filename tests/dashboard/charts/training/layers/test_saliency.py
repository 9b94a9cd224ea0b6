"""Images of saliency and feature maps do not lie on each other."""

from __future__ import annotations

import numpy as np

from core.events import Picture
from dashboard.charts.training.layers.feature_maps import feature_maps_chart
from dashboard.charts.training.layers.saliency import saliency_chart
from tests.dashboard.charts.training.rows import rows


def test_images_do_not_lie_on_each_other() -> None:
    images, gradients = np.zeros((7, 4, 4), np.uint8), np.ones((7, 4, 4), np.float32)
    numbers = np.zeros(7, np.int64)
    arrays = {"images": images, "gradients": gradients, "labels": numbers, "predicted": numbers}
    drawn = rows(saliency_chart(Picture("", 0, arrays, {"classes": ["0"]})))
    assert len({(row["row"], row["column"]) for row in drawn}) == 14  # as films of older versions are
    arrays["randomised"] = gradients
    checked = Picture("", 0, arrays, {"classes": ["0"], "rank_correlation": 0.25})
    drawn = rows(saliency_chart(checked))
    assert len({(row["row"], row["column"]) for row in drawn}) == 21
    assert "rank correlation" in str(saliency_chart(checked).to_dict()["title"])
    maps = {"image": images[0], "0": gradients[:3], "1": gradients[:2, :2, :2]}
    values = {"layers": ["c1", "c2"], "channels": [3, 9], "label": "0"}
    drawn = rows(feature_maps_chart(Picture("", 0, maps, values)))
    assert len({(row["bottom"], row["column"]) for row in drawn if "url" in row}) == 6
    assert [row["caption"] for row in drawn if "caption" in row][1:] == [
        "c1: 3 channels",
        "c2: 2 of 9 channels",
    ]
