"""A network's forecast of the end of the test split, beside forecasts that need no network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from core.data.dataset import Series
from core.events import Picture
from core.training.learners.building import evaluation_mode
from core.training.learners.supervised import SupervisedLearner


def forecast(learner: SupervisedLearner) -> Iterator[Picture]:
    """The last samples of the test split, as many as the series shows, each forecast its horizon before.

    times datetime64; truth, forecast, and naive_0, naive_1, ... in the order of values' naives, float32; all
    (samples,), in values' unit; baseline, the best of the naive ones on the whole test split. values:
    quantity, unit, horizon (in words); of this stretch, in error_unit, rmse, baseline_rmse and naive_rmse;
    skill, 1 - rmse / baseline_rmse; relative: whether errors are in % of the value before.
    """
    series = learner.data.series
    assert series is not None
    shown = slice(-series.shown, None)
    inputs = torch.from_numpy(learner.data.test_inputs[shown]).to(learner.device)
    arrays, values = _without_network(series, shown)
    while True:
        with evaluation_mode(learner.network):
            change = learner.network(inputs)[:, 0].cpu().numpy()
        expected = series.value(arrays["now"], change).astype(np.float32)
        rmse = series.rmse(expected, shown)
        found = {"rmse": rmse, "skill": 1 - rmse / values["baseline_rmse"]}
        yield Picture("forecast", learner.step, arrays | {"forecast": expected}, values | found)


def _without_network(series: Series, shown: slice) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """What no step changes."""
    naives = {name: forecast[shown] for name, forecast in series.naives.items()}
    arrays = {
        "times": series.test_times[shown],
        "truth": series.test_truth[shown],
        "now": series.test_now[shown],
        "baseline": naives[series.baseline],
    }
    arrays |= {f"naive_{number}": forecast for number, forecast in enumerate(naives.values())}
    values = {
        "quantity": series.quantity,
        "unit": series.unit,
        "error_unit": series.error_unit,
        "horizon": series.horizon,
        "relative": series.relative,
        "naives": list(naives),
        "naive_rmse": [series.rmse(forecast, shown) for forecast in naives.values()],
        "baseline_rmse": series.rmse(naives[series.baseline], shown),
    }
    return arrays, values
