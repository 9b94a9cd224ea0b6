"""The curve is drawn beside the truth, over all samples."""

from __future__ import annotations

import numpy as np

from tests.dashboard.charts.training.rows import only_chart, rows, trained


def test_curve_is_drawn_beside_the_truth_over_all_samples() -> None:
    pictures = trained("mlp", "sine_curve", samples=100)
    chart = only_chart("curve", pictures)
    lines = [row for row in rows(chart) if "Network" in row]
    arrays = pictures["curve"].arrays
    np.testing.assert_allclose([row["x"] for row in lines], arrays["x"])
    np.testing.assert_allclose([row["Network"] for row in lines], arrays["network"])
    np.testing.assert_allclose([row["Truth"] for row in lines], arrays["truth"])
    samples = [row for row in rows(chart) if "split" in row]
    assert sorted({row["split"] for row in samples}) == ["Test", "Train"]
    assert len(samples) == 100
    low, high = chart.to_dict()["layer"][1]["encoding"]["y"]["scale"]["domain"]
    assert low <= min(row["y"] for row in samples)
    assert high >= max(row["y"] for row in samples)


def test_chart_is_there_without_the_samples() -> None:
    assert rows(only_chart("curve", trained("mlp", "step_curve", samples=100, snapshots=("curve",))))
