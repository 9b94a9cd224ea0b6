"""Forecasts that need no learning: what a network has to beat (Hyndman & Athanasopoulos 2021, section 5.2).

`now` are positions in the series: each forecast is made there, for `horizon` steps later, from values up to
it and from the training part, values[:train_end], alone.
"""

from __future__ import annotations

import numpy as np


def last_value(values: np.ndarray, now: np.ndarray) -> np.ndarray:
    """It stays as it is."""
    return values[now]


def season_before(values: np.ndarray, now: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """It is as it was a season before, or as many whole seasons as are known by now.

    Raises ValueError for a time of which no season before is in the series.
    """
    before = now + horizon - season * -(-horizon // season)
    if before.min(initial=0) < 0:
        raise ValueError("The series begins later than a season before.")
    return values[before]


def growth(values: np.ndarray, now: np.ndarray, horizon: int, train_end: int) -> np.ndarray:
    """It grows from here by the average rate of the training part (drift, of the logarithms)."""
    return values[now] * (values[train_end - 1] / values[0]) ** (horizon / (train_end - 1))


def same_change(values: np.ndarray, now: np.ndarray, horizon: int) -> np.ndarray:
    """It continues from here as it did through the last `horizon` steps."""
    return 2 * values[now] - values[now - horizon]


def season_mean(
    values: np.ndarray, days: np.ndarray, now: np.ndarray, horizon: int, train_end: int, reach: int
) -> np.ndarray:
    """The mean of the training part at this time of the year; days are days of the year, 1 to 366.

    It takes all values within `reach` days around the day that is forecast, of every year.
    """
    apart = np.abs(days[now + horizon][:, None] - days[:train_end])
    near = np.minimum(apart, 365 - apart) <= reach
    return np.asarray((near * values[:train_end]).sum(1) / near.sum(1))
