"""Real series that are hard to forecast: the weather, the labour market, share prices."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.data import naive
from core.data.dataset import FORECAST, SERIES, LoadedDataset, Series
from core.paths import cached

WEATHER_DAYS, WEATHER_HORIZON = 14, 1
SEASON_REACH = 10  # days on either side that count as the same time of the year
EMPLOYMENT_MONTHS, EMPLOYMENT_HORIZON = 12, 6
PRICE_MONTHS = 12


def seattle_weather(seed: int, test_fraction: float) -> LoadedDataset:
    """Two weeks of Seattle's weather; the target is how tomorrow's highest temperature differs from today's.

    Inputs are (days, 14, 6): highest and lowest temperature, rain, wind, and the time of the year as sine and
    cosine, each but the last two in standard deviations of the training part. The last part is test data.
    The seed has no effect. Source: NOAA's daily records of 2012 to 2015 in vega_datasets.
    """
    days, high, low, rain, wind = cached("seattle_weather", ("days", "high", "low", "rain", "wind"), _weather)
    train_end = round((1 - test_fraction) * len(days))
    date = days.astype("datetime64[D]")
    of_year = (date - date.astype("datetime64[Y]")).astype(np.int64) + 1
    angle = 2 * np.pi * of_year / 365.25
    measured = np.stack([high, low, np.log1p(rain), wind], 1)
    measured = (measured - measured[:train_end].mean(0)) / measured[:train_end].std(0)
    seen = np.concatenate([measured, np.sin(angle)[:, None], np.cos(angle)[:, None]], 1)
    now = np.arange(WEATHER_DAYS - 1, len(days) - WEATHER_HORIZON)
    then = now + WEATHER_HORIZON
    test = now[then >= train_end]
    return _loaded(
        seen[now[:, None] + np.arange(1 - WEATHER_DAYS, 1)],
        high[now],
        high[then],
        date[then],
        then >= train_end,
        features=("highest", "lowest", "rain", "wind", "sine of the year", "cosine of the year"),
        unit="°C",
        horizon="1 day",
        quantity="Highest temperature",
        shown=60,
        naives={
            "as today": naive.last_value(high, test),
            "a year ago": naive.season_before(high, test, WEATHER_HORIZON, 365),
            "season’s mean": naive.season_mean(high, of_year, test, WEATHER_HORIZON, train_end, SEASON_REACH),
        },
    )


def us_employment(seed: int, test_fraction: float) -> LoadedDataset:
    """A year of monthly changes of employment in an industry; the target is that of the next six months.

    Inputs are (months and industries, 12, 1): changes in % of the month before, in standard deviations. Test
    data are the last months of all 22 industries and totals, all nonfarm jobs last. No training target is of
    them. The seed has no effect. Source: US Bureau of Labor Statistics, seasonally adjusted, 2006 to 2015, in
    vega_datasets.
    """
    months, jobs = cached("us_employment", ("months", "jobs"), _employment)
    train_end = round((1 - test_fraction) * len(months))
    now = np.arange(EMPLOYMENT_MONTHS, len(months) - EMPLOYMENT_HORIZON)
    then = now + EMPLOYMENT_HORIZON
    test = now[then >= train_end]
    change = 100 * np.diff(jobs, axis=0, prepend=jobs[:1]) / jobs
    change = change / change[:train_end].std()
    windows = now[:, None] + np.arange(1 - EMPLOYMENT_MONTHS, 1)

    def of_all(forecast: object) -> np.ndarray:
        return np.concatenate([forecast(column) for column in jobs.T])  # type: ignore[operator]

    return _loaded(
        np.concatenate([column[windows] for column in change.T])[:, :, None],
        of_all(lambda column: column[now]),
        of_all(lambda column: column[then]),
        np.tile(months.astype("datetime64[M]")[then], jobs.shape[1]),
        np.tile(then >= train_end, jobs.shape[1]),
        features=("change of the month",),
        unit="thousand jobs",
        horizon="6 months",
        quantity="Jobs",
        relative=True,
        shown=len(test),
        naives={
            "as now": of_all(lambda column: naive.last_value(column, test)),
            "same change": of_all(lambda column: naive.same_change(column, test, EMPLOYMENT_HORIZON)),
            "average growth": of_all(
                lambda column: naive.growth(column, test, EMPLOYMENT_HORIZON, train_end)
            ),
        },
    )


def sp500(seed: int, test_fraction: float) -> LoadedDataset:
    """A year of the S&P 500's monthly changes; the target is the change of the next month, in %.

    Inputs are (months, 12, 1), in standard deviations. The last part is test data; the seed has no effect.
    Source: Yahoo Finance, January 1990 to June 2022, in matplotlib's sample data.
    """
    months, price = cached("sp500", ("months", "price"), _prices)
    train_end = round((1 - test_fraction) * len(months))
    now = np.arange(PRICE_MONTHS, len(months) - 1)
    then, test = now + 1, now[now + 1 >= train_end]
    change = 100 * np.diff(price, prepend=price[:1]) / price
    change = change / change[:train_end].std()
    return _loaded(
        change[now[:, None] + np.arange(1 - PRICE_MONTHS, 1), None],
        price[now],
        price[then],
        months.astype("datetime64[M]")[then],
        then >= train_end,
        features=("change of the month",),
        unit="points",
        horizon="1 month",
        quantity="S&P 500",
        relative=True,
        shown=len(test),
        naives={
            "as now": naive.last_value(price, test),
            "average growth": naive.growth(price, test, 1, train_end),
        },
    )


def _loaded(
    inputs: np.ndarray,
    now: np.ndarray,
    truth: np.ndarray,
    times: np.ndarray,
    in_test: np.ndarray,
    *,
    features: tuple[str, ...],
    unit: str,
    horizon: str,
    quantity: str,
    shown: int,
    naives: dict[str, np.ndarray],
    relative: bool = False,
) -> LoadedDataset:
    """Windows of all samples, (samples, time, features), and their values, split and scaled."""
    change = (truth - now) / (now / 100 if relative else 1.0)
    scale = float(change[~in_test].std())
    inputs, targets = inputs.astype(np.float32), (change / scale).astype(np.float32)
    return LoadedDataset(
        kind=SERIES,
        task=FORECAST,
        train_inputs=inputs[~in_test],
        train_targets=targets[~in_test],
        test_inputs=inputs[in_test],
        test_targets=targets[in_test],
        features=features,
        train_times=times[~in_test].astype(np.int64),
        series=Series(
            unit=unit,
            horizon=horizon,
            change_scale=scale,
            test_times=times[in_test],
            test_now=now[in_test].astype(np.float32),
            test_truth=truth[in_test].astype(np.float32),
            naives={name: forecast.astype(np.float32) for name, forecast in naives.items()},
            quantity=quantity,
            relative=relative,
            shown=shown,
        ),
    )


def _weather() -> tuple[np.ndarray, ...]:
    """Days since 1970 int64, highest and lowest temperature in °C, rain in mm, wind in m/s; all (1461,)."""
    from vega_datasets import local_data

    table = local_data.seattle_weather()
    days = table["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    columns = ("temp_max", "temp_min", "precipitation", "wind")
    return days, *(table[name].to_numpy(np.float64) for name in columns)


def _employment() -> tuple[np.ndarray, np.ndarray]:
    """Months since 1970, int64 (120,), and thousands of jobs, float64 (120, 22), the total last."""
    from vega_datasets import local_data

    table = local_data.us_employment()
    months = table["month"].to_numpy().astype("datetime64[M]").astype(np.int64)
    jobs = table.drop(columns=["month", "nonfarm_change", "nonfarm"]).assign(nonfarm=table["nonfarm"])
    return months, jobs.to_numpy(np.float64)


def _prices() -> tuple[np.ndarray, np.ndarray]:
    """Months since 1970, int64, and the index at the begin of each, float64; both (390,)."""
    import pandas as pd
    from matplotlib import get_data_path

    file = Path(get_data_path()) / "sample_data" / "Stocks.csv"
    table = pd.read_csv(file, comment="#", parse_dates=["Date"])
    table = table[table["Date"].dt.day == 1].dropna(subset=["^GSPC"])
    months = table["Date"].to_numpy().astype("datetime64[M]").astype(np.int64)
    return months, table["^GSPC"].to_numpy(np.float64)
