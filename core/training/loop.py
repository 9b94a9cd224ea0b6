"""The training loop, the same for every family of networks."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.errors import InvalidRequest
from core.events import Progress
from core.torch_devices import threads
from core.training import checkpoint, stopping
from core.training.checkpoint import Position
from core.training.config import TrainConfig
from core.training.divergence import is_out_of_memory, why_diverged, why_out_of_memory
from core.training.events import (
    EpochCompleted,
    SettingChanged,
    SettingRefused,
    TrainingDiverged,
    TrainingFinished,
    TrainingResumed,
)
from core.training.learners.learner import Learner, Scores
from core.training.learners.registry import learner_for
from core.training.snapshots.schedule import SnapshotSchedule
from core.training.stopwatch import Rate, Stopwatch, Timer

# A checkpoint that takes long to write comes so much more seldom that it costs at most this share of time.
CHECKPOINT_SHARE = 0.03

# What every learner reads from its config anew at each step; one that reads more names it as `changeable`.
CHANGEABLE = ("learning_rate",)


def train(
    config: TrainConfig,
    start: Mapping[str, Any] | None = None,
    checkpoint_every_s: float | None = None,
) -> Generator[Any, Mapping[str, Any] | None, None]:
    """Train one network; yields TrainingStarted, EpochCompleted after each epoch, and TrainingFinished.

    In between come a Progress for each step, Pictures, and Checkpoints where they are asked for. On a CPU the
    same config gives the same numbers, whatever else ran in this process, whether or not pictures are drawn,
    and whether or not it went on from a checkpoint (`start`, the state of one) on the way.
    send() takes settings that change from the next step on: those that the learner names as changeable.
    Raises InvalidRequest when the device cannot be used, memory runs out, or the checkpoint does not fit.
    """
    watch = Stopwatch(start["position"]["elapsed_s"] if start else 0.0)
    wanted: dict[str, Any] = {}
    with threads(config.threads):
        yield Progress(0, config.epochs, "epochs")
        for event in _train(config, start, checkpoint_every_s, watch, wanted):
            handed_over_s = time.perf_counter()
            changes = yield event
            watch.held(time.perf_counter() - handed_over_s)
            wanted.update(changes or {})


def _train(
    config: TrainConfig,
    start: Mapping[str, Any] | None,
    checkpoint_every_s: float | None,
    watch: Stopwatch,
    wanted: dict[str, Any],
) -> Iterator[Any]:
    step = 0
    try:
        learner = learner_for(config)
        at, batches = checkpoint.restore_from(learner, start) if start else (Position(), None)
        yield learner.started()
        if start:
            yield TrainingResumed(at.epoch, learner.step, checkpoint.changed(config, start))
        yield from learner.pictures_of_data()
        looking = SnapshotSchedule(learner, watch)
        if config.picture_every_s is not None:
            yield from looking.pictures()
        going = _TrainingRun(learner, looking, at, watch, wanted, checkpoint_every_s)
        if batches is not None:
            assert start is not None
            going.epoch_began = start["epoch_began"]
        for event in going.epochs(batches):
            step = learner.step
            yield event
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise InvalidRequest(why_out_of_memory(config, step)) from error


class _TrainingRun:
    """A training that goes: its learner, where it stands, and the clocks that tell when something is due."""

    def __init__(
        self,
        learner: Learner,
        looking: SnapshotSchedule,
        at: Position,
        watch: Stopwatch,
        wanted: dict[str, Any],
        checkpoint_every_s: float | None,
    ) -> None:
        self.learner, self.at, self.watch, self.wanted = learner, at, watch, wanted
        self.looking = looking
        self.picture, self.rate = Timer(watch, learner.config.picture_every_s), Rate(watch)
        self.save_every_s, self.save = checkpoint_every_s, Timer(watch, checkpoint_every_s)
        self.since_s = watch.elapsed_s()
        self.epoch_began: Mapping[str, Any] | None = None
        self.last_epoch_s = math.inf

    def epochs(self, batches: Iterator[Any] | None) -> Iterator[Any]:
        """All epochs that are left, the first one with `batches` if it had begun before, and the end."""
        at, learner = self.at, self.learner
        reason = None
        while reason is None and at.epoch < learner.config.epochs:
            reason = yield from self._steps(self._begin() if batches is None else batches)
            batches = None
            scores = yield from learner.evaluate(self._progress())
            if not scores.finite:
                reason = "diverged"
                yield TrainingDiverged(at.epoch + 1, learner.step, why_diverged(learner.config, at.epoch + 1))
                break
            at.last = self._completed(scores)
            yield at.last
            reason = stopping.after_epoch(learner.config, at) or reason
            if self.save.due() and at.epoch < learner.config.epochs and not reason:
                yield from self._checkpoint()
        if reason != "diverged":
            yield from self.looking.pictures()
            if self.save_every_s is not None:
                yield from self._checkpoint()
        yield finished(learner, at, reason or "completed", self.watch.elapsed_s())

    def _begin(self) -> Iterator[Any]:
        self.at.batches, self.at.began_step, self.at.epoch_s = 0, self.learner.step, 0.0
        # A copy costs time: only where an epoch may be long enough to be saved in the middle.
        long = self.save_every_s is not None and self.last_epoch_s > self.save_every_s / 2
        self.epoch_began = copy.deepcopy(self.learner.state()) if long else None
        return iter(self.learner.batches())

    def _steps(self, batches: Iterator[Any]) -> Generator[Any, None, str | None]:
        """The steps of one epoch, or of what is left of it; returns why the training ends with it, if so."""
        at, learner, watch = self.at, self.learner, self.watch
        self.since_s, loss, reason = watch.elapsed_s(), None, None
        steps = learner.config.epochs * learner.steps_per_epoch
        per_step = learner.samples_per_epoch / learner.steps_per_epoch
        for batch in batches:
            done = learner.step
            loss = learner.learn(batch)
            at.batches += 1
            rate = self.rate.add(per_step * (learner.step - done))
            yield Progress(learner.step, steps, "steps", rate, "samples")
            if self.picture.due() and math.isfinite(loss.item()):
                yield from self.looking.due()
            if self.wanted:
                yield from self._change()
            reason = stopping.within_epoch(learner.config, learner.step, watch)
            if reason:
                break
            if self.epoch_began is not None and self.save.due():
                self._lap()
                yield from self._checkpoint()
        if loss is not None:
            loss.item()  # an accelerator may still be at work on what it was given
        self._lap()
        self.last_epoch_s = at.epoch_s
        return reason

    def _lap(self) -> None:
        now_s = self.watch.elapsed_s()
        self.at.epoch_s += now_s - self.since_s
        self.since_s = now_s

    def _progress(self) -> Progress:
        learner = self.learner
        steps = learner.config.epochs * learner.steps_per_epoch
        return Progress(learner.step, steps, "steps", self.rate.per_s, "samples")

    def _completed(self, scores: Scores) -> EpochCompleted:
        at, learner = self.at, self.learner
        samples = learner.samples_per_epoch * (learner.step - at.began_step) / learner.steps_per_epoch
        completed = EpochCompleted(
            epoch=at.epoch + 1,
            step=learner.step,
            train_loss=scores.train_loss,
            test_loss=scores.test_loss,
            train_metric=scores.train_metric,
            test_metric=scores.test_metric,
            details=scores.details,
            samples_per_s=samples / at.epoch_s if at.epoch_s else 0.0,
            elapsed_s=self.watch.elapsed_s(),
        )
        at.epoch, at.batches, at.steps_s, at.epoch_s = at.epoch + 1, 0, at.steps_s + at.epoch_s, 0.0
        return completed

    def _checkpoint(self) -> Iterator[Any]:
        assert self.save_every_s is not None
        self.at.elapsed_s = began_s = self.watch.elapsed_s()
        yield checkpoint.take(self.learner, self.at, self.epoch_began)
        cost_s = self.watch.elapsed_s() - began_s
        self.save = Timer(self.watch, max(self.save_every_s, cost_s / CHECKPOINT_SHARE))

    def _change(self) -> Iterator[Any]:
        learner = self.learner
        changeable = getattr(learner, "changeable", CHANGEABLE)
        for setting, value in self.wanted.items():
            try:
                if setting not in changeable:
                    raise InvalidRequest(
                        f"{setting} cannot change while this training goes; what can is "
                        f"{', '.join(changeable)}."
                    )
                before = getattr(learner.config, setting)
                learner.config = replace(learner.config, **{setting: value})
                yield SettingChanged(learner.step, setting, before, value)
            except InvalidRequest as refused:
                yield SettingRefused(learner.step, setting, str(refused))
        self.wanted.clear()


def finished(learner: Learner, at: Position, reason: str, elapsed_s: float) -> TrainingFinished:
    """The sum of it, with the scores of the last good epoch."""
    last, passes = at.last, learner.step / learner.steps_per_epoch
    steps_s = at.steps_s + at.epoch_s
    return TrainingFinished(
        metric=learner.started().metric,
        value=last.test_metric if last else None,
        reason=reason,
        epochs=math.ceil(passes),
        steps=learner.step,
        samples_per_s=passes * learner.samples_per_epoch / steps_s if steps_s else 0.0,
        elapsed_s=elapsed_s,
        details=last.details if last else {},
    )
