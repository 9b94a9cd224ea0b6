"""A real series: the hourly temperature of Seattle through a year, to be forecast a day ahead."""

from __future__ import annotations

import numpy as np

from core.data.dataset import FORECAST, SERIES, LoadedDataset, Series
from core.paths import cached

HORIZON_H = 24  # so that "tomorrow equals today" is the forecast to beat
WINDOW_H = 24  # hours that a network sees, each with its change since the day before


def seattle_temps(seed: int, test_fraction: float) -> LoadedDataset:
    """24 hourly changes, each since the same hour of the day before, and the change that comes a day later.

    Inputs are (windows, 24, 1). Changes and not temperatures, since a year has each season once: a network
    that has seen no autumn must not depend on how cold it is. The last part of the year is the test data;
    neither training targets nor the scale contain any of it. The seed has no effect. Windows that need the
    one hour that is missing are left out.

    Source: NOAA's hourly normals (means over 1981 to 2010, smoothed) in vega_datasets, dated 2010. Changes:
    seasonal differencing, Box & Jenkins 1970.
    """
    hours, celsius = _every_hour(*cached("seattle_temps", ("hours", "fahrenheit"), _parse))
    change = np.full_like(celsius, np.nan)
    change[HORIZON_H:] = celsius[HORIZON_H:] - celsius[:-HORIZON_H]
    test_start = round((1 - test_fraction) * len(hours))
    change_scale = float(np.nanstd(change[:test_start]))
    scaled = (change / change_scale).astype(np.float32)

    now = np.arange(HORIZON_H + WINDOW_H - 1, len(hours) - HORIZON_H)  # each window's last hour
    inputs = scaled[now[:, None] + np.arange(1 - WINDOW_H, 1), None]
    targets = scaled[now + HORIZON_H]
    whole = np.isfinite(inputs).all(axis=(1, 2)) & np.isfinite(targets)
    now, inputs, targets = now[whole], inputs[whole], targets[whole]
    in_training = now + HORIZON_H < test_start
    test = now[~in_training]
    return LoadedDataset(
        kind=SERIES,
        task=FORECAST,
        train_inputs=inputs[in_training],
        train_targets=targets[in_training],
        test_inputs=inputs[~in_training],
        test_targets=targets[~in_training],
        features=("change since the day before",),
        train_times=now[in_training] + HORIZON_H,
        series=Series(
            unit="°C",
            horizon=f"{HORIZON_H} h",
            change_scale=change_scale,
            test_times=hours[test + HORIZON_H].astype("datetime64[h]"),
            test_now=celsius[test].astype(np.float32),
            test_truth=celsius[test + HORIZON_H].astype(np.float32),
            # A season is a day, so that the same hour a season before is the hour of now.
            naives={f"as {HORIZON_H} h before": celsius[test].astype(np.float32)},
        ),
    )


def _every_hour(hours: np.ndarray, fahrenheit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All hours from the first to the last, with their temperature in °C or NaN where it is missing."""
    every = np.arange(hours[0], hours[-1] + 1)
    celsius = np.full(len(every), np.nan)
    celsius[hours - hours[0]] = (fahrenheit - 32) / 1.8
    return every, celsius


def _parse() -> tuple[np.ndarray, np.ndarray]:
    """Hours since 1970 on the local clock, int64, and degrees Fahrenheit, float64; both (8759,)."""
    from vega_datasets import local_data

    table = local_data.seattle_temps()
    hours = table["date"].to_numpy().astype("datetime64[h]").astype(np.int64)
    return hours, table["temp"].to_numpy(np.float64)
