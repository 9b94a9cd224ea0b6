"""Rows of symbols, with what a network predicts at the end of each."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner

MAX_ROWS = 8


def recall(learner: SupervisedLearner) -> Iterator[Picture]:
    """Test rows: inputs, targets and answers, the predictions, int64 (rows, time).

    targets are -100 where no prediction is asked for. values: classes (names).
    """
    data = learner.data
    inputs = torch.from_numpy(data.test_inputs[:MAX_ROWS]).to(learner.device)
    while True:
        with torch.inference_mode():
            predicted = learner.network(inputs).argmax(dim=1)
        arrays = {
            "inputs": data.test_inputs[:MAX_ROWS],
            "targets": data.test_targets[:MAX_ROWS],
            "answers": predicted.cpu().numpy(),
        }
        yield Picture("recall", learner.step, arrays, {"classes": list(data.classes)})
