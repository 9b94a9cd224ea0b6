"""A network's forecast of the last weeks of the test split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from core.data.dataset import rmse
from core.events import Picture
from core.training.learners.building import evaluation_mode
from core.training.learners.supervised import SupervisedLearner

SHOWN_HOURS = 14 * 24


def forecast(learner: SupervisedLearner) -> Iterator[Picture]:
    """The last two weeks of the test split, hour by hour, each forecast a day before.

    times datetime64[h]; truth, forecast and baseline ("as it is now") float32; all (hours,), in values' unit.
    values: unit, horizon_h; rmse and baseline_rmse of this stretch.
    """
    data = learner.data
    assert data.series is not None
    shown = slice(-SHOWN_HOURS, None)
    now, truth = data.series.test_now[shown], data.series.test_truth[shown]
    inputs = torch.from_numpy(data.test_inputs[shown]).to(learner.device)
    while True:
        with evaluation_mode(learner.network):
            change = learner.network(inputs)[:, 0].cpu().numpy()
        expected = data.series.value(now, change).astype(np.float32)
        arrays = {
            "times": data.series.test_times[shown],
            "truth": truth,
            "forecast": expected,
            "baseline": now,
        }
        values = {
            "unit": data.series.unit,
            "horizon_h": data.series.horizon_h,
            "rmse": rmse(expected, truth),
            "baseline_rmse": rmse(now, truth),
        }
        yield Picture("forecast", learner.step, arrays, values)
