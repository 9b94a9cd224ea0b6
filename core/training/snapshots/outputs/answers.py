"""Prediction against truth of sequences."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner

MAX_SEQUENCES = 300


def answers(learner: SupervisedLearner) -> Iterator[Picture]:
    """truth and answer, the prediction, float32 (n,), of up to 300 test sequences.

    values: answer, the target's name.
    """
    data = learner.data
    inputs = torch.from_numpy(data.test_inputs[:MAX_SEQUENCES]).to(learner.device)
    while True:
        with torch.inference_mode():
            outputs = learner.network(inputs)[:, 0].cpu().numpy()
        arrays = {"truth": data.test_targets[:MAX_SEQUENCES], "answer": outputs}
        yield Picture("answers", learner.step, arrays, {"answer": data.target_name})
