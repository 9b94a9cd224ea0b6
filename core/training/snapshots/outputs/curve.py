"""What a network predicts along a curve, beside the truth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from core.events import Picture
from core.training.learners.building import evaluation_mode
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.grid import with_margin

POINTS = 301  # along the curve


def curve(learner: SupervisedLearner) -> Iterator[Picture]:
    """x, and there the network's value and the truth, float32 (POINTS,); reaches beyond the samples.

    values: feature and answer, the names of x and of the value.
    """
    data = learner.data
    low, high = with_margin(np.concatenate([data.train_inputs, data.test_inputs]))
    x = np.linspace(float(low[0]), float(high[0]), POINTS, dtype=np.float32)
    while True:
        arrays = {"x": x} | with_truth(learner, x[:, None])
        yield Picture(
            "curve", learner.step, arrays, {"feature": data.features[0], "answer": data.target_name}
        )


def with_truth(learner: SupervisedLearner, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """network and truth, the value at inputs (n, features), float32 (n,)."""
    assert learner.data.truth is not None
    with evaluation_mode(learner.network):
        network = learner.network(torch.from_numpy(inputs).to(learner.device))[:, 0]
    return {"network": network.cpu().numpy(), "truth": learner.data.truth(inputs).astype(np.float32)}
