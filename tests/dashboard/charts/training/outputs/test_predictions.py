"""What stands below an image fits there, whatever the classes are called."""

from __future__ import annotations

import numpy as np
import pytest

from core.events import Picture
from dashboard.charts.training.outputs.predictions import predictions_chart


@pytest.mark.parametrize(
    ("classes", "captions"),
    [(["3", "5"], {"3", "3, not 5"}), (["triangle", "a very long name"], {"triangle", "a very l…"})],
)
def test_captions_are_short(classes: list[str], captions: set[str]) -> None:
    arrays = {
        "images": np.zeros((3, 4, 4, 3), np.uint8),
        "labels": np.array([1, 0, 1]),
        "predicted": np.array([0, 0, 1 if classes[1] != "5" else 0]),
        "confidence": np.full(3, 0.5, np.float32),
    }
    chart = predictions_chart(Picture("predictions", 1, arrays, {"classes": classes})).to_dict()
    (table,) = chart["datasets"].values()
    assert {row["caption"] for row in table} == captions
