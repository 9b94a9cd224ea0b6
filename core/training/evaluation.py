"""How good a network is at a moment: loss and metric on both parts of the data."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.events import Progress
from core.training.training import Training

MOST_TRAINING_SAMPLES = 500  # the training part is only a yardstick here; all of it would cost time
SAMPLES_AT_ONCE = 500  # between two such portions the job can be stopped


@dataclass(frozen=True)
class Scores:
    """Losses and metrics, all with the same weights. finite is False when a loss is NaN or infinite."""

    train_loss: float
    train_metric: float
    test_loss: float
    test_metric: float

    @property
    def finite(self) -> bool:
        return math.isfinite(self.train_loss) and math.isfinite(self.test_loss)


def evaluate(training: Training, progress: Progress) -> Generator[Progress, None, Scores]:
    """Scores on the test part, and on evenly spread samples of the training part; yields `progress`."""
    some = slice(None, None, math.ceil(len(training.train_inputs) / MOST_TRAINING_SAMPLES))
    inputs, targets = training.train_inputs[some], training.train_targets[some]
    train_loss, train_metric = yield from _score(training, inputs, targets, progress)
    inputs, targets = training.test_inputs, training.test_targets
    test_loss, test_metric = yield from _score(training, inputs, targets, progress)
    return Scores(train_loss, train_metric, test_loss, test_metric)


def _score(
    training: Training, inputs: Tensor, targets: Tensor, progress: Progress
) -> Generator[Progress, None, tuple[float, float]]:
    portions = []
    for portion in inputs.split(SAMPLES_AT_ONCE):
        # Not around the loop: whoever takes the events would run without gradients as well.
        with torch.inference_mode():
            portions.append(training.model(portion))
        yield progress
    with torch.inference_mode():
        outputs = torch.cat(portions)
        loss = training.objective.loss(outputs, targets)
        metric = training.objective.metric(outputs, targets)
    return loss.item(), metric.item()
