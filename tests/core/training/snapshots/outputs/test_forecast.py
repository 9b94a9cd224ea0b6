"""The forecast picture holds the last weeks of the test part."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.data import load
from core.events import Picture
from core.training.config import default_config
from core.training.loop import train
from core.training.snapshots.outputs.forecast import forecast
from tests.core.training.snapshots.stand_in import stand_in


class NoChange(torch.nn.Module):
    """Forecasts that tomorrow equals today."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(x), 1)


class Oracle(torch.nn.Module):
    """Knows the answers to the last two weeks."""

    def __init__(self, answers: np.ndarray) -> None:
        super().__init__()
        self.answers = torch.from_numpy(answers[-336:])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.answers[:, None]


def test_forecast_of_no_change_is_the_baseline_and_the_right_one_is_the_truth() -> None:
    data = load("seattle_temps")
    picture = next(forecast(stand_in(NoChange(), data)))
    np.testing.assert_array_equal(picture.arrays["forecast"], picture.arrays["baseline"])
    assert picture.values["rmse"] == picture.values["baseline_rmse"] > 0
    picture = next(forecast(stand_in(Oracle(data.test_targets), data)))
    np.testing.assert_allclose(picture.arrays["forecast"], picture.arrays["truth"], atol=1e-4)
    assert picture.values["unit"] == "°C"


def test_forecast_covers_the_last_two_weeks_hour_by_hour() -> None:
    config = default_config("gru", "seattle_temps", epochs=1, snapshot_every_s=None, snapshots=("forecast",))
    (picture,) = (event for event in train(config) if isinstance(event, Picture))
    times = picture.arrays["times"]
    assert len(times) == 14 * 24
    assert times[-1] == np.datetime64("2010-12-31T23")
    assert (np.diff(times) == np.timedelta64(1, "h")).all()
    assert picture.values["rmse"] < picture.values["baseline_rmse"]


@pytest.mark.parametrize("name", ["seattle_weather", "us_employment", "sp500", "seattle_temps"])
def test_naive_forecasts_are_beside_the_networks_with_their_errors_and_its_skill(name: str) -> None:
    data = load(name)
    series = data.series
    picture = next(forecast(stand_in(NoChange(), data)))
    values, arrays = picture.values, picture.arrays
    assert values["naives"] == [*series.naives]
    truth, now = arrays["truth"].astype(float), arrays["now"].astype(float)
    assert len(truth) == series.shown
    unit = now / 100 if values["relative"] else 1.0
    for number, (naive, error) in enumerate(zip(values["naives"], values["naive_rmse"], strict=True)):
        np.testing.assert_array_equal(arrays[f"naive_{number}"], series.naives[naive][-series.shown :])
        expected = np.sqrt(np.mean(((arrays[f"naive_{number}"] - truth) / unit) ** 2))
        assert error == pytest.approx(expected, rel=1e-3)
    expected = np.sqrt(np.mean(((now - truth) / unit) ** 2))
    assert values["rmse"] == pytest.approx(expected, rel=1e-3)
    assert values["skill"] == pytest.approx(1 - values["rmse"] / values["baseline_rmse"])
    best = values["naives"].index(series.baseline)
    np.testing.assert_array_equal(arrays["baseline"], arrays[f"naive_{best}"])
