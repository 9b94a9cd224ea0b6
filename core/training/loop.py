"""The training loop, the same for every family of networks."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from core.errors import InvalidRequest
from core.events import CheckpointRequested, Progress, StopRequested
from core.torch_devices import is_out_of_memory, threads
from core.training import checkpoint, stopping
from core.training.checkpoint import Position
from core.training.compiled.ahead import announced
from core.training.config import TrainConfig
from core.training.divergence import why_diverged, why_out_of_memory
from core.training.events import (
    EpochCompleted,
    SettingChanged,
    SettingRefused,
    TrainingDiverged,
    TrainingFinished,
    TrainingResumed,
    TrainingStarted,
)
from core.training.film.drawn_from_weights import MAP
from core.training.film.frames import Film
from core.training.learners.learner import Learner, Scores
from core.training.learners.registry import learner_for
from core.training.snapshots.schedule import SnapshotSchedule
from core.training.stopping import EarlyStopping
from core.training.stopwatch import Rate, Stopwatch, Timer
from core.training.weights import StartWeights

# A checkpoint that takes long to write comes so much more seldom that it costs at most this fraction of time.
CHECKPOINT_FRACTION = 0.03
MAX_LAST_MOMENT_S = 0.2  # of drawing, after a stop: a run that does not end soon is killed


def train(
    config: TrainConfig,
    start: Mapping[str, Any] | None = None,
    checkpoint_every_s: float | None = None,
    weights: StartWeights | None = None,
) -> Generator[Any, Mapping[str, Any] | CheckpointRequested | None, None]:
    """Train one network; yields the events of core.training.events in the order that is given there.

    On a CPU the same config gives the same numbers, whatever else ran in this process, whether or not
    pictures are drawn, and whether or not it resumed from a checkpoint (`start`, the state of one) on the
    way. weights: those that it begins with in place of random ones, where the config has start_from; the
    optimiser starts fresh. send() takes settings that change from the next step on: those that the learner
    names as changeable, or a CheckpointRequested; throw(StopRequested()) gives the frame and the pictures of
    the last step, and ends.
    Raises InvalidRequest when the device cannot be used, memory runs out, or checkpoint or weights do not
    fit.
    """
    watch = Stopwatch(start["position"]["elapsed_s"] if start else 0.0)
    requested = _Requested()
    with threads(config.threads):
        yield Progress(0, config.epochs, "epochs")
        events = _train(config, start, checkpoint_every_s, weights, watch, requested)
        for event in events:
            yielded_s = time.perf_counter()
            try:
                changes = yield event
            except StopRequested as stop:
                yield from _stopped(events, stop)
                return
            watch.held(time.perf_counter() - yielded_s)
            if isinstance(changes, CheckpointRequested):
                requested.checkpoint = True
            else:
                requested.settings.update(changes or {})


def _train(
    config: TrainConfig,
    start: Mapping[str, Any] | None,
    checkpoint_every_s: float | None,
    weights: StartWeights | None,
    watch: Stopwatch,
    requested: _Requested,
) -> Generator[Any, None, None]:
    step = 0
    yield from announced(config)
    try:
        learner = learner_for(checkpoint.resumable_config(config, start) if start else config)
        if config.start_from is not None and not start:
            _begin_with(learner, weights)
        run = _TrainingRun(learner, watch, requested, checkpoint_every_s)
        batches = run.resume(start) if start else None
        yield run.started if weights is None else _branched(run.started, weights)
        if start:
            yield TrainingResumed(run.position.epoch, learner.step, checkpoint.changed(learner.config, start))
        yield from run.snapshots.of_data()
        if config.snapshot_every_s is not None:
            yield from run.snapshots.pictures()
        yield from run.first_frame()
        steps = run.epochs(batches)
        try:
            for event in steps:
                step = learner.step
                yield event
        except StopRequested:
            steps.close()  # it may have been in the middle of an evaluation
            yield from run.last_moment()
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise InvalidRequest(why_out_of_memory(config, step)) from error


def _stopped(events: Generator[Any, None, None], stop: StopRequested) -> Iterator[Any]:
    """What a training still gives when it is stopped; nothing before its first step."""
    try:
        yield events.throw(stop)
    except (StopIteration, StopRequested):
        return
    yield from events


def _begin_with(learner: Learner, weights: StartWeights | None) -> None:
    """Set the first weights. Raises InvalidRequest where there are none, or they do not fit."""
    if weights is None:
        raise InvalidRequest("start_from needs the run store that has this run; there is none here.")
    weights.check_fits(learner.started().shapes)
    learner.set_weights(weights.numbers)


def _branched(started: TrainingStarted, weights: StartWeights) -> TrainingStarted:
    return replace(started, start_from=weights.run, start_step=weights.step)


@dataclass
class _Requested:
    """What was sent into the training and is to be done at the next opportunity."""

    settings: dict[str, Any] = field(default_factory=dict)
    checkpoint: bool = False


class _TrainingRun:
    """A training under way: its learner, how far it is, and the clocks that say when something is due."""

    def __init__(
        self,
        learner: Learner,
        watch: Stopwatch,
        requested: _Requested,
        checkpoint_every_s: float | None,
    ) -> None:
        self.learner, self.watch, self.requested = learner, watch, requested
        self.position, self.stopping = Position(), EarlyStopping()
        self.started: TrainingStarted = learner.started()
        self.film = None if learner.config.snapshot_every_s is None else Film(learner, watch)
        drawn = self.film is not None and self.film.drawn_from_weights
        self.snapshots = SnapshotSchedule(learner, watch, outside_film=(MAP,) if drawn else ())
        self.picture, self.rate = Timer(watch, learner.config.snapshot_every_s), Rate(watch)
        self.save_every_s, self.save = checkpoint_every_s, Timer(watch, checkpoint_every_s)
        self.since_s = watch.elapsed_s()
        self.epoch_began: Mapping[str, Any] | None = None
        self.last_epoch_s = math.inf

    def resume(self, state: Mapping[str, Any]) -> Iterator[Any] | None:
        """Return to a checkpoint; the batches left of its epoch, None where it lies between two epochs."""
        self.position, self.stopping, batches = checkpoint.resume(self.learner, state)
        self.epoch_began = state["epoch_began"] if batches is not None else None
        return batches

    def first_frame(self) -> Iterator[Any]:
        """What the film begins with, or resumes with."""
        if self.film is not None:
            yield from self._show(self.film)

    def epochs(self, batches: Iterator[Any] | None) -> Generator[Any, None, None]:
        """All epochs that are left, the first one with `batches` if it had begun before, and the end."""
        position, learner = self.position, self.learner
        reason = position.ended
        while reason is None and position.epoch < learner.config.epochs:
            reason = yield from self._steps(self._begin() if batches is None else batches)
            batches = None
            scores = yield from learner.evaluate(self._progress())
            if not scores.finite:
                from core.training.learners.evidence import evidence  # few trainings need it

                reason, epoch = "diverged", position.epoch + 1
                reason_given = why_diverged(learner.config, epoch, evidence(learner))
                yield TrainingDiverged(epoch, learner.step, reason_given)
                break
            position.last = self._completed(scores)
            yield position.last
            reached = self.stopping.after_epoch(learner.config, position.last, learner.network)
            reason = reached or reason
            if self.film is not None and (self.film.due or reason):
                yield from self._show(self.film, scores, ends=reason is not None)
            if self._is_to_save() and position.epoch < learner.config.epochs and not reason:
                yield from self._checkpoint()
        yield from self._end(reason or "completed")

    def _end(self, reason: str) -> Iterator[Any]:
        """Restore the best weights where patience is set, show and save them, and say what they reach."""
        best = self.stopping.restore_best(self.learner.config, self.learner.network, reason)
        if reason != "diverged":
            self.position.ended = reason
            yield from self.snapshots.pictures()
            if self.save_every_s is not None:
                yield from self._checkpoint()
        yield self._finished(reason, best)

    def last_moment(self) -> Iterator[Any]:
        """A frame and all pictures of this step, of a training that was stopped; fewer if they take long."""
        if self.film is None:
            return
        scores = (yield from self.learner.evaluate(self._progress())) if self.film.may_evaluate() else None
        frames = [*self.film.show(scores, ends=True)]
        yield from frames
        if not frames and not self.film.is_at_frame:  # its weights are not finite
            return
        began_s = self.watch.elapsed_s()
        for picture in self.snapshots.pictures():
            yield picture
            if self.watch.elapsed_s() - began_s > MAX_LAST_MOMENT_S:
                return

    def _begin(self) -> Iterator[Any]:
        position = self.position
        position.batches, position.began_step, position.epoch_s = 0, self.learner.step, 0.0
        # A copy costs time: only where an epoch may be long enough to be saved in the middle.
        long = self.save_every_s is not None and self.last_epoch_s > self.save_every_s / 2
        self.epoch_began = copy.deepcopy(self.learner.state()) if long else None
        return iter(self.learner.batches())

    def _steps(self, batches: Iterator[Any]) -> Generator[Any, None, str | None]:
        """The steps of one epoch, or of what is left of it; returns why the training ends with it, if so."""
        position, learner, watch = self.position, self.learner, self.watch
        self.since_s, loss, reason = watch.elapsed_s(), None, None
        steps = learner.config.epochs * learner.steps_per_epoch
        per_step = learner.samples_per_epoch / learner.steps_per_epoch
        for batch in batches:
            done = learner.step
            loss = yield from self._learn(batch)
            position.batches += 1
            rate = self.rate.add(per_step * (learner.step - done))
            yield Progress(learner.step, steps, "steps", rate, learner.sample_unit)
            if self.picture.due() and math.isfinite(loss.item()):
                yield from self.snapshots.due()
            if self.requested.settings:
                yield from self._change()
            reason = stopping.within_epoch(learner.config, learner.step, watch)
            if reason:
                break
            if self.epoch_began is not None and self._is_to_save():
                self._lap()
                yield from self._checkpoint()
        if loss is not None:
            loss.item()  # an accelerator may still be computing
        self._lap()
        self.last_epoch_s = position.epoch_s
        return reason

    def _learn(self, batch: Any) -> Generator[Any, None, Tensor]:
        """Learn from a batch, with the frames that are due within it; returns the loss at its end."""
        learner, film, rest = self.learner, self.film, batch
        while True:
            part, rest = learner.split_at(rest, film.next_step if film else None)
            loss = learner.learn(part)
            ends_epoch = learner.step - self.position.began_step >= learner.steps_per_epoch
            # The end of an epoch comes with its scores; of weights that are not finite there is no picture.
            if film is not None and film.due and not ends_epoch and math.isfinite(loss.item()):
                self._lap()
                yield from self._show(film)
                self.since_s = self.watch.elapsed_s()
            if rest is None:
                return loss

    def _show(self, film: Film, scores: Scores | None = None, ends: bool = False) -> Iterator[Any]:
        """A frame of this step, with the snapshots that are due."""
        if scores is None and film.frame_due and film.may_evaluate():
            began_s = self.watch.elapsed_s()
            scores = yield from self.learner.evaluate(self._progress())
            film.evaluated(self.watch.elapsed_s() - began_s)
        yield from film.show(scores, ends)
        yield from self.snapshots.due(film.part_shown)

    def _lap(self) -> None:
        now_s = self.watch.elapsed_s()
        self.position.epoch_s += now_s - self.since_s
        self.since_s = now_s

    def _progress(self) -> Progress:
        learner = self.learner
        steps = learner.config.epochs * learner.steps_per_epoch
        return Progress(learner.step, steps, "steps", self.rate.per_s, learner.sample_unit)

    def _completed(self, scores: Scores) -> EpochCompleted:
        position, learner = self.position, self.learner
        steps = learner.step - position.began_step
        samples = learner.samples_per_epoch * steps / learner.steps_per_epoch
        completed = EpochCompleted(
            epoch=position.epoch + 1,
            step=learner.step,
            train_loss=scores.train_loss,
            test_loss=scores.test_loss,
            train_metric=scores.train_metric,
            test_metric=scores.test_metric,
            details=scores.details,
            samples_per_s=samples / position.epoch_s if position.epoch_s else 0.0,
            elapsed_s=self.watch.elapsed_s(),
            validation_loss=scores.validation_loss,
            validation_metric=scores.validation_metric,
        )
        position.epoch, position.batches = position.epoch + 1, 0
        position.steps_s, position.epoch_s = position.steps_s + position.epoch_s, 0.0
        return completed

    def _is_to_save(self) -> bool:
        return self.save.due() or (self.requested.checkpoint and self.save_every_s is not None)

    def _checkpoint(self) -> Iterator[Any]:
        assert self.save_every_s is not None
        self.requested.checkpoint = False
        self.position.elapsed_s = began_s = self.watch.elapsed_s()
        yield checkpoint.save_state(self.learner, self.position, self.stopping, self.epoch_began)
        cost_s = self.watch.elapsed_s() - began_s
        self.save = Timer(self.watch, max(self.save_every_s, cost_s / CHECKPOINT_FRACTION))

    def _change(self) -> Iterator[Any]:
        learner = self.learner
        for setting, value in self.requested.settings.items():
            try:
                if setting not in learner.changeable:
                    raise InvalidRequest(
                        f"{setting} cannot change while this training runs; what can is "
                        f"{', '.join(learner.changeable)}."
                    )
                before = getattr(learner.config, setting)
                learner.config = replace(learner.config, **{setting: value})
                yield SettingChanged(learner.step, setting, before, value)
            except InvalidRequest as refused:
                yield SettingRefused(learner.step, setting, str(refused))
        self.requested.settings.clear()

    def _finished(self, reason: str, best: EpochCompleted | None) -> TrainingFinished:
        """The end, with the test scores of the best epoch, or else of the last good one."""
        learner, position = self.learner, self.position
        chosen, passes = best or position.last, learner.step / learner.steps_per_epoch
        steps_s = position.steps_s + position.epoch_s
        return TrainingFinished(
            metric=self.started.metric,
            value=chosen.test_metric if chosen else None,
            reason=reason,
            epochs=math.ceil(passes),
            steps=learner.step,
            samples_per_s=passes * learner.samples_per_epoch / steps_s if steps_s else 0.0,
            elapsed_s=self.watch.elapsed_s(),
            details=chosen.details if chosen else {},
            best_epoch=best.epoch if best else None,
        )
