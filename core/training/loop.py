"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from core.events import Picture, Progress
from core.training.config import TrainConfig
from core.training.device import cpu_threads
from core.training.evaluation import evaluate
from core.training.events import EpochCompleted, TrainingDiverged, TrainingFinished
from core.training.pictures import PICTURES, PICTURES_OF_DATA
from core.training.schedules import SCHEDULES
from core.training.stopwatch import Rate, Stopwatch, Timer
from core.training.training import Training, prepare, started


def train(config: TrainConfig) -> Iterator[Any]:
    """Train one network; yields TrainingStarted, EpochCompleted after each epoch, and TrainingFinished.

    In between come a Progress for each step, and Pictures. On a CPU the same config gives the same numbers,
    whatever else ran in this process and whether or not pictures are drawn.
    Raises InvalidRequest when the device cannot be used.
    """
    watch = Stopwatch()
    with cpu_threads(config.threads):
        for event in _train(config, watch):
            handed_over_s = time.perf_counter()
            yield event
            watch.held(time.perf_counter() - handed_over_s)


def _train(config: TrainConfig, watch: Stopwatch) -> Iterator[Any]:
    yield Progress(0, config.epochs, "epochs")
    training = prepare(config)
    yield started(training)
    yield from PICTURES_OF_DATA[training.data.kind](training.data)
    if config.picture_every_s is not None:
        yield from draw(training)

    picture = Timer(watch, config.picture_every_s)
    rate = Rate(watch)
    steps_s, last, reason = 0.0, None, "completed"
    for epoch in range(1, config.epochs + 1):
        began_s = watch.elapsed_s()
        for inputs, targets in batches(training):
            loss = learn(training, inputs, targets)
            yield Progress(training.step, training.steps, "steps", rate.add(len(inputs)), "samples")
            if picture.due() and math.isfinite(loss.item()):
                yield from draw(training)
        loss.item()  # an accelerator may still be at work on what it was given
        epoch_s = watch.elapsed_s() - began_s
        steps_s += epoch_s

        now = Progress(training.step, training.steps, "steps", rate.per_s, "samples")
        scores = yield from evaluate(training, now)
        if not scores.finite:
            reason = "diverged"
            yield TrainingDiverged(epoch, training.step, why_diverged(config, epoch))
            break
        last = EpochCompleted(
            epoch=epoch,
            step=training.step,
            train_loss=scores.train_loss,
            test_loss=scores.test_loss,
            train_metric=scores.train_metric,
            test_metric=scores.test_metric,
            test_rmse=rmse_in_units(training, scores.test_loss),
            samples_per_s=len(training.train_inputs) / epoch_s,
            elapsed_s=watch.elapsed_s(),
        )
        yield last

    if reason == "completed":
        yield from draw(training)
    yield finished(training, last, reason, steps_s, watch.elapsed_s())


def batches(training: Training) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch's batches, inputs (batch, *shape) and targets (batch,), in a new random order."""
    order = torch.randperm(len(training.train_inputs), generator=training.shuffle).to(training.device)
    size = training.config.batch_size
    inputs, targets = training.train_inputs[order], training.train_targets[order]
    return zip(inputs.split(size), targets.split(size), strict=True)


def learn(training: Training, inputs: Tensor, targets: Tensor) -> Tensor:
    """One step of the optimiser; returns the batch's loss, which stays on the device."""
    config, optimizer = training.config, training.optimizer
    factor = SCHEDULES[config.schedule].factor(training.step / training.steps)
    for group in optimizer.param_groups:
        group["lr"] = config.learning_rate * factor
    loss = training.objective.learning_loss(training.model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    training.step += 1
    return loss.detach()


def draw(training: Training) -> Iterator[Picture]:
    """The pictures of this moment."""
    return PICTURES[training.data.kind](training.model, training.data, training.device, training.step)


def rmse_in_units(training: Training, test_loss: float) -> float | None:
    """Error of a forecast on the test part in the unit of the data; None for a classification."""
    series = training.data.series
    return None if series is None else math.sqrt(test_loss) * series.change_scale


def why_diverged(config: TrainConfig, epoch: int) -> str:
    """What most likely happened, and what to try."""
    return (
        f"The loss is no longer a finite number after epoch {epoch}. A learning rate of "
        f"{config.learning_rate:g} is probably too large for {config.optimizer} here; "
        f"try {config.learning_rate / 10:g}."
    )


def finished(
    training: Training, last: EpochCompleted | None, reason: str, steps_s: float, elapsed_s: float
) -> TrainingFinished:
    """The sum of it, with the scores of the last good epoch."""
    details = {}
    series = training.data.series
    if series and last and last.test_rmse is not None:
        details = {
            "rmse": last.test_rmse,
            "baseline_rmse": series.baseline_rmse,
            "rmse_ratio": last.test_rmse / series.baseline_rmse,
        }
    epochs = math.ceil(training.step / training.steps_per_epoch)
    return TrainingFinished(
        metric=training.objective.metric_name,
        value=last.test_metric if last else None,
        reason=reason,
        epochs=epochs,
        steps=training.step,
        samples_per_s=epochs * len(training.train_inputs) / steps_s,
        elapsed_s=elapsed_s,
        details=details,
    )
