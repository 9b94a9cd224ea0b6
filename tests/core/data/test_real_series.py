"""Real series hold what their packages hold; the future stays out of the past; nothing is downloaded."""

from __future__ import annotations

import socket
from typing import NoReturn

import numpy as np
import pytest
from vega_datasets import local_data

from core.data import load, naive
from core.data.dataset import LoadedDataset, Series, rmse

SHAPES = {
    "seattle_weather": ((1155, 14, 6), 292),
    "us_employment": ((22 * 78, 12, 1), 22 * 24),
    "sp500": ((299, 12, 1), 78),
}
NAIVES = {
    "seattle_weather": ["as today", "a year ago", "season’s mean"],
    "us_employment": ["as now", "same change", "average growth"],
    "sp500": ["as now", "average growth"],
}


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a data set asked the network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def of(name: str, test_fraction: float = 0.2) -> tuple[LoadedDataset, Series]:
    data = load(name, test_fraction=test_fraction)
    assert data.series is not None
    return data, data.series


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_are_those_of_the_docstring(name: str) -> None:
    data, series = of(name)
    shape, tests = SHAPES[name]
    assert data.train_inputs.shape == shape
    assert data.test_inputs.shape == (tests, *shape[1:])
    assert data.train_inputs.dtype == data.train_targets.dtype == data.test_targets.dtype == np.float32
    assert np.isfinite(data.train_inputs).all()
    assert data.train_targets.std() == pytest.approx(1, rel=1e-5)
    assert len(data.features) == shape[2]
    assert len(series.test_times) == len(series.test_truth) == len(data.test_targets) == tests
    assert list(series.naives) == NAIVES[name]
    np.testing.assert_array_equal(load(name, seed=9).test_inputs, data.test_inputs)


@pytest.mark.parametrize("name", SHAPES)
def test_a_target_leads_from_the_value_now_to_the_truth(name: str) -> None:
    data, series = of(name)
    np.testing.assert_allclose(series.value(series.test_now, data.test_targets), series.test_truth, rtol=1e-5)
    # RMSE in the unit of errors is that of scaled targets, so that the metric and the figure agree.
    outputs = np.random.default_rng(0).normal(size=len(data.test_targets)).astype(np.float32)
    scaled = rmse(outputs, data.test_targets) * series.change_scale
    assert series.rmse(series.value(series.test_now, outputs)) == pytest.approx(scaled, rel=1e-4)


def test_weather_and_its_naive_forecasts_are_those_of_the_table() -> None:
    table = local_data.seattle_weather()
    high = table["temp_max"].to_numpy()
    _, series = of("seattle_weather")
    first = int(np.flatnonzero(table["date"].to_numpy().astype("datetime64[D]") == series.test_times[0])[0])
    assert first == round(0.8 * len(high))
    np.testing.assert_allclose(series.test_truth, high[first:], rtol=1e-6)
    np.testing.assert_allclose(series.naives["as today"], high[first - 1 : -1], rtol=1e-6)
    np.testing.assert_allclose(series.naives["a year ago"], high[first - 365 : -365], rtol=1e-6)
    expected = float(np.sqrt(np.mean((high[first:] - high[first - 1 : -1]) ** 2)))
    assert series.baseline == "as today"
    assert series.baseline_rmse == pytest.approx(expected, rel=1e-5)


def test_the_last_industry_is_all_jobs_and_errors_are_in_percent_of_now() -> None:
    jobs = local_data.us_employment()["nonfarm"].to_numpy(float)
    _, series = of("us_employment")
    assert series.shown == 24
    np.testing.assert_allclose(series.test_truth[-24:], jobs[-24:], rtol=1e-6)
    np.testing.assert_allclose(series.test_now[-24:], jobs[-30:-6], rtol=1e-6)
    last = slice(-24, None)
    expected = np.sqrt(np.mean((100 * (jobs[-24:] - jobs[-30:-6]) / jobs[-30:-6]) ** 2))
    assert series.rmse(series.naives["as now"][last], last) == pytest.approx(expected, rel=1e-4)
    again = naive.same_change(jobs, np.arange(90, 114), 6)
    np.testing.assert_allclose(series.naives["same change"][-24:], again, rtol=1e-6)
    assert series.baseline == "same change"


def test_of_share_prices_all_naive_forecasts_are_about_as_good() -> None:
    _, series = of("sp500")
    assert series.test_times[-1] == np.datetime64("2022-06")
    assert series.test_truth[-1] == pytest.approx(3821.55, abs=0.01)
    errors = [*series.naive_rmse.values()]
    assert max(errors) / min(errors) < 1.05


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("test_fraction", [0.1, 0.5])
def test_no_training_target_is_of_the_test_part(name: str, test_fraction: float) -> None:
    data, series = of(name, test_fraction)
    assert data.train_times is not None
    first = series.test_times.min().astype(np.int64)
    assert data.train_times.max() < first
    assert len(data.test_targets) / (len(data.test_targets) + len(data.train_targets)) == pytest.approx(
        test_fraction, abs=0.12
    )
