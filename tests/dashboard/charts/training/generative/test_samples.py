"""All generated images are shown."""

from __future__ import annotations

import numpy as np

from core.events import Picture
from dashboard.charts.training.generative.fantasies import fantasies_chart
from dashboard.charts.training.generative.samples import samples_chart
from tests.dashboard.charts.training.rows import rows


def test_generated_images_are_all_there() -> None:
    images = np.zeros((24, 28, 28), np.uint8)
    for chart in (samples_chart, fantasies_chart):
        table = rows(chart(Picture("samples", 1, {"images": images})))
        assert len({(row["row"], row["column"]) for row in table}) == 24
