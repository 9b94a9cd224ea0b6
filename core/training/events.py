"""What a training yields, besides core.events.Progress and core.events.Picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingStarted:
    """First of all: what is trained, on how much, where.

    shapes holds each parameter tensor's shape by name. metric is "accuracy" (share of right answers) or
    "skill" (1 - RMSE / RMSE of the baseline: 0 is as good as the baseline, 1 perfect). baseline tells in
    words what the skill compares with, and baseline_rmse its error on the test part in `unit`; all three are
    None for a classification. engine is "eager" or "compiled".
    """

    model: str
    data: str
    seed: int
    device: str
    parameters: int
    shapes: Mapping[str, tuple[int, ...]]
    train_samples: int
    test_samples: int
    input_shape: tuple[int, ...]
    outputs: int
    epochs: int
    steps_per_epoch: int
    metric: str
    baseline: str | None = None
    baseline_rmse: float | None = None
    unit: str | None = None
    engine: str = "eager"


@dataclass(frozen=True)
class TrainingResumed:
    """After TrainingStarted, when it goes on from a checkpoint: where that was taken, what differs now."""

    epoch: int
    step: int
    changed: Mapping[str, Any]


@dataclass(frozen=True)
class SettingChanged:
    """A person changed a setting of the going training; the step after `step` is the first to use it."""

    step: int
    setting: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class SettingRefused:
    """A change that cannot be, and why; the training goes on as it was."""

    step: int
    setting: str
    reason: str


@dataclass(frozen=True)
class EpochCompleted:
    """After each pass over the training part; epochs count from 1, step counts batches since the start.

    Losses and metrics of both parts are taken after the epoch, with the same weights; those of the training
    part over at most 500 samples of it. details holds further figures of the test part by name: for a
    forecast rmse, baseline_rmse (both in the unit of the data) and rmse_ratio.
    samples_per_s is that of this epoch's steps, with pictures and whoever takes the events, without the
    evaluation; elapsed_s counts all since the start, less pauses.
    """

    epoch: int
    step: int
    train_loss: float
    test_loss: float
    train_metric: float
    test_metric: float
    details: Mapping[str, float]
    samples_per_s: float
    elapsed_s: float


@dataclass(frozen=True)
class TrainingDiverged:
    """The loss is no longer a finite number, so the training ends; reason tells why and what to try."""

    epoch: int
    step: int
    reason: str


@dataclass(frozen=True)
class TrainingFinished:
    """Last of all: the test metric after the last good epoch (None when there was none).

    reason is "completed", or what ended it early: "target" (reached), "plateau" (the test loss stood still),
    "steps" or "seconds" (as many as were given), "diverged". details are those of the last good epoch.
    samples_per_s is the mean over all epochs' steps.
    """

    metric: str
    value: float | None
    reason: str
    epochs: int
    steps: int
    samples_per_s: float
    elapsed_s: float
    details: Mapping[str, float]
