"""Naive forecasts are what their formulas say, in plain loops, on any series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data import naive

SERIES = st.lists(st.floats(1, 1e6), min_size=30, max_size=60).map(np.array)
HORIZON = st.integers(1, 8)


@given(SERIES, HORIZON, st.integers(1, 12))
def test_each_forecast_is_its_closed_form(values: np.ndarray, horizon: int, season: int) -> None:
    now = np.arange(16, len(values) - horizon)
    train_end = len(values) * 3 // 4
    rate = (values[train_end - 1] / values[0]) ** (1 / (train_end - 1))
    stays = naive.last_value(values, now)
    seasonal = naive.season_before(values, now, horizon, season)
    grows = naive.growth(values, now, horizon, train_end)
    again = naive.same_change(values, now, horizon)
    for n, t in enumerate(now):
        then = t + horizon
        while then > t:
            then -= season
        assert stays[n] == values[t]
        assert seasonal[n] == values[then]
        assert grows[n] == pytest.approx(values[t] * rate**horizon, rel=1e-9)
        assert again[n] == pytest.approx(values[t] + (values[t] - values[t - horizon]), abs=1e-6)


@given(st.integers(1, 15), st.integers(0, 10_000))
def test_the_mean_of_a_season_takes_the_days_around_it_of_every_year(reach: int, seed: int) -> None:
    days = np.arange(3 * 365) % 365 + 1
    values = np.random.default_rng(seed).normal(size=len(days))
    now, train_end = np.array([800, 1000, 1090]), 2 * 365
    found = naive.season_mean(values, days, now, 3, train_end, reach)
    for forecast, t in zip(found, now, strict=True):
        around = {(days[t + 3] + apart - 1) % 365 + 1 for apart in range(-reach, reach + 1)}
        expected = np.mean(
            [value for value, day in zip(values[:train_end], days, strict=False) if day in around]
        )
        assert forecast == pytest.approx(expected)


def test_no_forecast_looks_past_now_or_into_the_test_part() -> None:
    values = np.arange(1.0, 101)
    later = values.copy()
    now, train_end = np.array([70]), 60
    later[71:] = np.nan
    of_year = np.arange(100) + 1
    for series in (values, later):
        assert naive.last_value(series, now) == [71]
        assert naive.season_before(series, now, 3, 10) == [64]
        assert naive.same_change(series, now, 3) == [74]
        assert naive.growth(series, now, 3, train_end) == pytest.approx(71 * 60 ** (3 / 59))
        assert naive.season_mean(series, of_year, np.array([50]), 3, train_end, 2) == pytest.approx([54])


def test_a_season_that_the_series_does_not_reach_back_is_refused() -> None:
    with pytest.raises(ValueError, match="begins later"):
        naive.season_before(np.arange(10.0), np.array([3]), 1, 365)
