"""What a network's outputs mean for a task: the loss that it learns by and the metric that people read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.data.dataset import CLASSIFICATION, FORECAST, NO_TARGET, LoadedDataset


@dataclass(frozen=True)
class Objective:
    """loss(outputs, targets), the mean over a batch, is minimised; learning_loss may smooth labels as well.

    outputs is the width of the network's last layer, and its outputs are (batch, outputs). metric(outputs,
    targets) is a number, larger is better. target_dtype is what the loss needs.
    """

    outputs: int
    metric_name: str
    target_dtype: torch.dtype
    loss: Callable[[Tensor, Tensor], Tensor]
    learning_loss: Callable[[Tensor, Tensor], Tensor]
    metric: Callable[[Tensor, Tensor], Tensor]

    def classes(self, outputs: Tensor) -> Tensor:
        """The predicted class numbers (batch, ...) of a classification, int64."""
        return (outputs[:, 0] > 0).long() if self.outputs == 1 else outputs.argmax(1)

    def scores_together(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor] | None:
        """loss and metric of each of many networks, (networks,) each; None for a forecast or for steps.

        outputs (networks, samples, outputs), targets (networks, samples): a few calls for all of them, where
        one network after the other spends more time on calls than on numbers.
        """
        if outputs.dim() != 3 or targets.dim() != 2:
            return None
        if self.loss is _squared_error and self.metric is skill_over_mean:
            loss = (outputs[..., 0] - targets).square().mean(1)
            return loss, 1 - torch.sqrt(loss) / targets.std(1, correction=0)
        if self.loss is _binary_cross_entropy:
            z = outputs[..., 0]
            loss = F.binary_cross_entropy_with_logits(z, targets, reduction="none").mean(1)
            return loss, ((z > 0) == (targets > 0.5)).double().mean(1)
        if self.loss == F.cross_entropy:
            each = F.cross_entropy(outputs.flatten(0, 1), targets.flatten(), reduction="none")
            return each.view(targets.shape).mean(1), (outputs.argmax(2) == targets).double().mean(1)
        return None


def objective_for(data: LoadedDataset, label_smoothing: float = 0.0) -> Objective:
    """One logit for two classes, a logit a class for more, and the value itself for a forecast or regression.

    A class for each step of a sequence takes outputs (batch, classes, time).
    """
    if data.task == FORECAST:
        ratio = data.series.baseline_ratio if data.series else 1.0
        return Objective(
            outputs=1,
            metric_name="skill",
            target_dtype=torch.float32,
            loss=_squared_error,
            learning_loss=_squared_error,
            metric=lambda outputs, targets: skill(outputs, targets, ratio),
        )
    if data.task != CLASSIFICATION:
        return Objective(1, "skill", torch.float32, _squared_error, _squared_error, skill_over_mean)
    if len(data.classes) == 2:
        smooth = _smoothed_binary(label_smoothing) if label_smoothing else _binary_cross_entropy
        return Objective(1, "accuracy", torch.float32, _binary_cross_entropy, smooth, _binary_accuracy)
    return Objective(
        outputs=len(data.classes),
        metric_name="accuracy",
        target_dtype=torch.int64,
        loss=F.cross_entropy,
        learning_loss=lambda outputs, targets: F.cross_entropy(
            outputs, targets, label_smoothing=label_smoothing
        ),
        metric=accuracy,
    )


def accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Fraction of correct predictions where a target is given.

    outputs (batch, classes, ...), targets (batch, ...).
    """
    right = outputs.argmax(1) == targets
    return fraction(right[targets != NO_TARGET])


def fraction(true: Tensor) -> Tensor:
    """Which part of a bool tensor is true, in float64 on the CPU: not every device has float64."""
    return true.cpu().double().mean()


def skill_over_mean(outputs: Tensor, targets: Tensor) -> Tensor:
    """1 - RMSE / standard deviation of the targets: always predicting their mean has 0."""
    return 1 - torch.sqrt(_squared_error(outputs, targets)) / targets.std(correction=0)


def skill(outputs: Tensor, targets: Tensor, baseline_ratio: float = 1.0) -> Tensor:
    """1 - RMSE / RMSE of the best naive forecast.

    Targets are scaled changes, so that "no change" forecasts 0; baseline_ratio is the error of the best naive
    forecast over that of "no change" on the test data, by which other splits are judged as well.
    """
    return 1 - torch.sqrt(_squared_error(outputs, targets) / targets.square().mean()) / baseline_ratio


def _squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return F.mse_loss(outputs[:, 0], targets)


def _binary_cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(outputs[:, 0], targets)


def _smoothed_binary(smoothing: float) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda outputs, targets: _binary_cross_entropy(outputs, targets * (1 - smoothing) + smoothing / 2)


def _binary_accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    return fraction((outputs[:, 0] > 0) == (targets > 0.5))
