"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

from core.events import Progress
from core.training.config import TrainConfig
from core.training.device import cpu_threads
from core.training.events import EpochCompleted, TrainingDiverged, TrainingFinished
from core.training.learner import Learner
from core.training.learners import learner_for
from core.training.stopwatch import Rate, Stopwatch, Timer


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
    learner = learner_for(config)
    steps = config.epochs * learner.steps_per_epoch
    yield learner.started()
    yield from learner.pictures_of_data()
    if config.picture_every_s is not None:
        yield from learner.pictures()

    picture = Timer(watch, config.picture_every_s)
    rate = Rate(watch)
    steps_s, last, reason = 0.0, None, "completed"
    for epoch in range(1, config.epochs + 1):
        began_s = watch.elapsed_s()
        loss, done = None, learner.step
        for batch in learner.batches():
            loss = learner.learn(batch)
            samples = learner.samples_per_epoch * (learner.step - done) / learner.steps_per_epoch
            yield Progress(learner.step, steps, "steps", rate.add(samples), "samples")
            done = learner.step
            if picture.due() and math.isfinite(loss.item()):
                yield from learner.pictures()
        if loss is not None:
            loss.item()  # an accelerator may still be at work on what it was given
        epoch_s = watch.elapsed_s() - began_s
        steps_s += epoch_s

        now = Progress(learner.step, steps, "steps", rate.per_s, "samples")
        scores = yield from learner.evaluate(now)
        if not scores.finite:
            reason = "diverged"
            yield TrainingDiverged(epoch, learner.step, why_diverged(config, epoch))
            break
        last = EpochCompleted(
            epoch=epoch,
            step=learner.step,
            train_loss=scores.train_loss,
            test_loss=scores.test_loss,
            train_metric=scores.train_metric,
            test_metric=scores.test_metric,
            details=scores.details,
            samples_per_s=learner.samples_per_epoch / epoch_s,
            elapsed_s=watch.elapsed_s(),
        )
        yield last

    if reason == "completed":
        yield from learner.pictures()
    yield finished(learner, last, reason, steps_s, watch.elapsed_s())


def why_diverged(config: TrainConfig, epoch: int) -> str:
    """What most likely happened, and what to try."""
    return (
        f"The loss is no longer a finite number after epoch {epoch}. A learning rate of "
        f"{config.learning_rate:g} is probably too large for {config.optimizer} here; "
        f"try {config.learning_rate / 10:g}."
    )


def finished(
    learner: Learner, last: EpochCompleted | None, reason: str, steps_s: float, elapsed_s: float
) -> TrainingFinished:
    """The sum of it, with the scores of the last good epoch."""
    epochs = math.ceil(learner.step / learner.steps_per_epoch)
    return TrainingFinished(
        metric=learner.started().metric,
        value=last.test_metric if last else None,
        reason=reason,
        epochs=epochs,
        steps=learner.step,
        samples_per_s=epochs * learner.samples_per_epoch / steps_s,
        elapsed_s=elapsed_s,
        details=last.details if last else {},
    )
