"""Prediction against truth of a table's rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from core.data.dataset import LoadedDataset
from core.events import Picture
from core.training.learners.building import evaluation_mode
from core.training.learners.supervised import SupervisedLearner

MAX_ROWS = 500  # of each split


def predicted(learner: SupervisedLearner) -> Iterator[Picture]:
    """Target and prediction, in the target's unit, float32 (n,); at most 500 rows of each split.

    truth and predicted belong to the test split, train_truth and train_predicted to the training split.
    values: answer, the target's name.
    """
    data = learner.data
    parts = (("train_", data.train_inputs, data.train_targets), ("", data.test_inputs, data.test_targets))
    while True:
        arrays = {}
        for prefix, inputs, targets in parts:
            with evaluation_mode(learner.network):
                outputs = learner.network(torch.from_numpy(inputs[:MAX_ROWS]).to(learner.device))[:, 0]
            arrays[f"{prefix}truth"] = _in_unit(data, targets[:MAX_ROWS])
            arrays[f"{prefix}predicted"] = _in_unit(data, outputs.cpu().numpy())
        yield Picture("predicted", learner.step, arrays, {"answer": data.target_name})


def _in_unit(data: LoadedDataset, values: np.ndarray) -> np.ndarray:
    return (values * data.target_scale + data.target_mean).astype(np.float32)
