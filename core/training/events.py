"""What a training yields, besides core.events.Progress, Picture, Frame and Checkpoint.

| when | event |
|---|---|
| before anything is loaded, then after each step and between portions of an evaluation | Progress |
| once, before the first step | TrainingStarted |
| once, after it, where a checkpoint is resumed | TrainingResumed |
| before the first step; while training, as often as is asked for; at the end | Picture |
| between two steps, when a person has asked for a change | SettingChanged or SettingRefused |
| after each epoch, also one that was cut short | EpochCompleted, or TrainingDiverged |
| between two steps or two epochs, and at the end | Checkpoint |
| once, last | TrainingFinished |

Fields with a default came later: events of older runs lack them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class TrainingStarted:
    """What is trained, on how much, where."""

    model: str  # key of MODELS
    data: str  # key of DATASETS
    seed: int
    device: str  # torch's name
    parameters: int  # how many numbers are trained
    shapes: Mapping[str, tuple[int, ...]]  # of each parameter tensor, by name
    train_samples: int  # without those that validate
    test_samples: int
    input_shape: tuple[int, ...]  # of one sample
    outputs: int
    epochs: int
    steps_per_epoch: int
    # "accuracy"; "skill", 1 - RMSE / RMSE of the baseline (0 is as good as the baseline, 1 perfect);
    # "explained", "modes", "success" or "mean_return"
    metric: str
    baseline: str | None = None  # what the skill compares with, in words; None without a skill
    baseline_rmse: float | None = None  # its error on the test split, in `unit`
    unit: str | None = None  # of that error
    engine: str = "eager"  # or "compiled"
    engine_reason: str | None = None  # why not compiled, where that would have been tried; None else
    validation_samples: int = 0  # 0 where there is no validation split
    # of a forecast: error of each naive forecast on the test split, in `unit`; the best one is the baseline
    naive_rmse: Mapping[str, float] = field(default_factory=dict)
    sample_unit: str = "samples"  # what an epoch passes over, as a speed counts it
    # The run and the step of the frame whose weights it starts from; None where they are drawn at random.
    start_from: str | None = None
    start_step: int | None = None


@dataclass(frozen=True)
class TrainingResumed:
    """The training continues from a checkpoint."""

    epoch: int  # epochs completed before the checkpoint
    step: int  # steps done before it
    changed: Mapping[str, Any]  # settings that differ from the checkpoint's, with their new values


@dataclass(frozen=True)
class SettingChanged:
    """A person changed a setting while the training runs."""

    step: int  # the step after it is the first to use the new value
    setting: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class SettingRefused:
    """A change that is not possible; the training continues as it was."""

    step: int
    setting: str
    reason: str  # in words


@dataclass(frozen=True)
class EpochCompleted:
    """After each pass over the training split: all scores are taken with the same weights."""

    epoch: int  # counts from 1
    step: int  # batches since the start
    train_loss: float  # over at most 500 samples of the training split
    test_loss: float
    train_metric: float  # over the same samples
    test_metric: float
    # further figures of the test split; for an accuracy majority_accuracy (of always the most frequent class)
    # and, where classes are uneven, balanced_accuracy, which runs of version 0.1 lack; for a forecast or a
    # regression rmse, baseline_rmse (both in the unit of the data) and rmse_ratio; for a GAN precision and
    # generator_loss; for an RBM free_energy_gap and log_likelihood
    details: Mapping[str, float]
    samples_per_s: float  # of this epoch's steps, with pictures and sinks, without the evaluation
    elapsed_s: float  # since the start, less pauses
    validation_loss: float | None = None  # None where there is no validation split
    validation_metric: float | None = None


@dataclass(frozen=True)
class TrainingDiverged:
    """The loss is no longer a finite number, so the training ends."""

    epoch: int
    step: int
    reason: str  # the likely cause in words, and what to try


@dataclass(frozen=True)
class TrainingFinished:
    """The end: what the chosen weights reach on the test split.

    They are those after the last good epoch; where patience is set, those of the epoch with the lowest
    validation loss, which are restored (unless the target was reached: then those that reached it).
    """

    metric: str
    value: float | None  # test metric of the chosen weights; None when no epoch was good
    # "completed", or what ended it early: "target" (reached on the validation split), "plateau" (no lower
    # validation loss), "steps", "seconds" (the limit reached) or "diverged"
    reason: str
    epochs: int
    steps: int
    samples_per_s: float  # mean over all epochs' steps
    elapsed_s: float
    details: Mapping[str, float]  # those of the epoch of the chosen weights
    best_epoch: int | None = None  # whose weights were restored; None where the last ones stay
