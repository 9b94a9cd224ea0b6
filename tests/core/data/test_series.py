"""Forecasting windows agree with the table that pandas reads, and the future stays out of the past."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from vega_datasets import local_data

from core.data import load


@pytest.fixture(scope="module")
def celsius() -> pd.Series:
    table = local_data.seattle_temps()
    return pd.Series((table["temp"].to_numpy() - 32) / 1.8, index=pd.DatetimeIndex(table["date"]))


def test_truth_now_and_target_are_those_of_the_table(celsius: pd.Series) -> None:
    data = load("seattle_temps")
    assert data.series is not None
    times = pd.DatetimeIndex(data.series.test_times)
    today = times - pd.Timedelta("24h")
    np.testing.assert_allclose(data.series.test_truth, celsius[times], rtol=1e-6)
    np.testing.assert_allclose(data.series.test_now, celsius[today], rtol=1e-6)
    np.testing.assert_allclose(
        data.series.value(data.series.test_now, data.test_targets), celsius[times], atol=1e-4
    )
    for hours_back in (0, 1, 23):
        changes = (
            celsius[today - pd.Timedelta(hours=hours_back)].to_numpy()
            - celsius[today - pd.Timedelta(hours=hours_back + 24)].to_numpy()
        )
        seen = data.test_inputs[:, 23 - hours_back, 0] * data.series.change_scale
        np.testing.assert_allclose(seen, changes, atol=1e-4)


def test_baseline_error_is_that_of_tomorrow_equals_today(celsius: pd.Series) -> None:
    data = load("seattle_temps")
    assert data.series is not None
    change = celsius - celsius.shift(freq="24h")
    expected = np.sqrt((change[pd.DatetimeIndex(data.series.test_times)] ** 2).mean())
    assert data.series.baseline_rmse == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("test_fraction", [0.05, 0.2, 0.7])
def test_no_test_value_is_in_the_training_data(celsius: pd.Series, test_fraction: float) -> None:
    data = load("seattle_temps", test_fraction=test_fraction)
    assert data.series is not None
    first_test = pd.Timestamp(data.series.test_times[0])
    past = celsius[celsius.index < first_test]
    assert len(past) == pytest.approx((1 - test_fraction) * len(celsius), abs=2)
    changes = (past - past.shift(freq="24h")).dropna()
    assert data.series.change_scale == pytest.approx(changes.std(ddof=0), rel=1e-5)
    # Every training target is a change of the past, the last one of its last hour.
    assert len(data.train_targets) <= len(changes)
    assert data.train_targets[-1] * data.series.change_scale == pytest.approx(changes.iloc[-1], abs=1e-5)


def test_windows_that_need_the_missing_hour_are_left_out(celsius: pd.Series) -> None:
    assert celsius.index.to_series().diff().max() == pd.Timedelta("2h")
    data = load("seattle_temps")
    assert np.isfinite(data.train_inputs).all()
    # An hour of shift would look like a jump: the true changes never exceed 1.1 °C in a day.
    assert data.series is not None
    assert np.abs(data.train_inputs).max() * data.series.change_scale < 1.1


def test_shapes_are_those_of_the_docstring() -> None:
    data = load("seattle_temps", seed=5)
    assert data.train_inputs.shape[1:] == (24, 1)
    assert data.train_inputs.dtype == data.train_targets.dtype == np.float32
    assert len(data.test_inputs) == len(data.test_targets)
    np.testing.assert_array_equal(data.test_inputs, load("seattle_temps", seed=6).test_inputs)
