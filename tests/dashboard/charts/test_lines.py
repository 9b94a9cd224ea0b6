"""Line charts keep what matters of a long run and send little of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.charts.lines import POINTS_ON_SCREEN, columns, lines, thin

finite = st.floats(-1e6, 1e6, width=32)


@given(arrays(np.float32, st.integers(1, 5000), elements=finite), st.integers(1, 4))
def test_thinning_bounds_the_rows_and_keeps_the_ends_and_the_extremes(
    values: np.ndarray, series: int
) -> None:
    table = {str(n): np.roll(values, n) for n in range(series)}
    kept = thin(table | {"step": np.arange(len(values))})
    assert len(kept["step"]) <= POINTS_ON_SCREEN
    assert (kept["step"][0], kept["step"][-1]) == (0, len(values) - 1)
    assert (np.diff(kept["step"]) > 0).all()
    for name, column in table.items():
        assert kept[name].max() == column.max()
        assert kept[name].min() == column.min()
        np.testing.assert_array_equal(kept[name], column[kept["step"]])


def test_a_chart_of_a_long_run_stays_small() -> None:
    steps = np.arange(20_000)
    chart = lines(
        {"Epoch": steps, "Train": 1 / (1 + steps), "Test": 2 / (1 + steps)},
        "Epoch",
        "Loss",
        "Loss",
    )
    assert len(chart.data) <= POINTS_ON_SCREEN
    assert len(chart.to_json()) < 60_000


def test_a_missing_value_leaves_a_gap() -> None:
    records = [{"epoch": 1, "loss": None}, {"epoch": 2, "loss": 0.5}]
    table = columns(records, {"epoch": "Epoch", "loss": "Loss"})
    chart = lines(table, "Epoch", "Loss", "Loss")
    assert np.isnan(chart.data["Loss"][0])
    assert chart.data["Loss"][1] == 0.5


def test_times_stay_times() -> None:
    hours = np.arange("2010-11-01", "2010-11-03", dtype="datetime64[h]").astype("datetime64[s]")
    spec = lines({"Time": hours, "Truth": np.zeros(48)}, "Time", "Forecast", "Temperature (°F)").to_dict()
    assert spec["layer"][0]["encoding"]["x"]["type"] == "temporal"


def test_a_value_that_never_changes_is_drawn_in_the_middle() -> None:
    chart = lines({"Epoch": np.arange(3), "Modes": np.zeros(3)}, "Epoch", "Modes", "Modes").to_dict()
    low, high = chart["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert low == -high < 0
    moving = lines({"Epoch": np.arange(3), "Modes": np.arange(3)}, "Epoch", "Modes", "Modes").to_dict()
    assert moving["layer"][0]["encoding"]["y"]["scale"] == {"zero": False}
