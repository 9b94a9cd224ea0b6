"""Line charts keep what matters of a long run and send little of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.charts.lines import POINTS_ON_SCREEN, lines, thin

finite = st.floats(-1e6, 1e6, width=32)


@given(arrays(np.float32, st.integers(1, 5000), elements=finite), st.integers(1, 4))
def test_thinning_bounds_the_rows_and_keeps_the_ends_and_the_extremes(
    values: np.ndarray, series: int
) -> None:
    columns = {str(n): np.roll(values, n) for n in range(series)}
    kept = thin(columns | {"step": np.arange(len(values))})
    assert len(kept["step"]) <= POINTS_ON_SCREEN
    assert (kept["step"][0], kept["step"][-1]) == (0, len(values) - 1)
    assert (np.diff(kept["step"]) > 0).all()
    for name, column in columns.items():
        assert kept[name].max() == column.max()
        assert kept[name].min() == column.min()
        np.testing.assert_array_equal(kept[name], column[kept["step"]])


def test_a_chart_of_a_long_run_stays_small() -> None:
    records = [{"epoch": n, "train_loss": 1 / n, "test_loss": 2 / n} for n in range(1, 20_001)]
    names = {"train_loss": "Training", "test_loss": "Test"}
    chart = lines(records, "epoch", names, "Loss", "Epoch", "Loss")
    assert len(chart.data) <= POINTS_ON_SCREEN
    assert len(chart.to_json()) < 60_000


def test_a_missing_value_leaves_a_gap() -> None:
    records = [{"epoch": 1, "loss": None}, {"epoch": 2, "loss": 0.5}]
    chart = lines(records, "epoch", {"loss": "Loss"}, "Loss", "Epoch", "Loss")
    assert np.isnan(chart.data["Loss"][0])
