"""The forecast's charts show every naive forecast beside the network's, and the skill."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.events import Picture
from dashboard.charts.training.outputs.forecast import forecast_chart, forecast_error_chart

TIMES = np.arange(np.datetime64("2015-01-01"), np.datetime64("2015-01-05"))
TRUTH = np.array([1.0, 2.0, 3.0, 4.0], np.float32)


def picture(**values: Any) -> Picture:
    arrays = {"times": TIMES, "truth": TRUTH, "now": TRUTH + 1, "forecast": TRUTH + 0.5}
    arrays |= {"baseline": TRUTH - 1, "naive_0": TRUTH - 1, "naive_1": TRUTH + 2}
    given = {"quantity": "Rain", "unit": "mm", "error_unit": "mm", "horizon": "1 day", "relative": False}
    given |= {"naives": ["as today", "mean"], "naive_rmse": [1.0, 2.0]}
    given |= {"rmse": 0.5, "baseline_rmse": 1.0, "skill": 0.5}
    return Picture("forecast", 3, arrays, given | values)


def drawn(chart: Any) -> list[str]:
    (data,) = chart.to_dict()["datasets"].values()
    return [name for name in data[0] if name != "Time"]


def test_every_naive_forecast_has_a_line_and_the_skill_its_formula() -> None:
    chart = forecast_chart(picture())
    assert drawn(chart) == ["Truth", "Network", "As today", "Mean"]
    assert chart.title.subtitle == [
        "Skill here 0.50 = 1 − 0.50 / 1.00",
        "RMSE (mm): network 0.50, as today 1.00",
        "mean 2.00",
    ]
    assert drawn(forecast_error_chart(picture())) == ["Network", "As today", "Mean"]


def test_a_network_that_is_worse_than_naive_says_so() -> None:
    chart = forecast_chart(picture(rmse=1.25, skill=-0.25))
    assert chart.title.subtitle[0] == "Skill here −0.25 = 1 − 1.25 / 1.00"


@pytest.mark.parametrize("relative", [False, True])
def test_errors_are_in_their_unit(relative: bool) -> None:
    (data,) = forecast_error_chart(picture(relative=relative)).to_dict()["datasets"].values()
    shares = (TRUTH + 1) / 100 if relative else np.ones(4)
    np.testing.assert_allclose([row["Network"] for row in data], 0.5 / shares, rtol=1e-5)


def test_a_picture_of_version_0_1_still_opens() -> None:
    arrays = {
        "times": TIMES.astype("datetime64[h]"),
        "truth": TRUTH,
        "forecast": TRUTH,
        "baseline": TRUTH - 1,
    }
    old = Picture("forecast", 3, arrays, {"unit": "°C", "horizon_h": 24, "rmse": 0.1, "baseline_rmse": 0.2})
    chart = forecast_chart(old)
    assert drawn(chart) == ["Truth", "Network", "As 24 h before"]
    assert chart.title.text == "Forecast 24 h ahead, the end of the test split"
    assert chart.title.subtitle[0] == "Skill here 0.50 = 1 − 0.10 / 0.20"
    assert drawn(forecast_error_chart(old)) == ["Network", "As 24 h before"]
