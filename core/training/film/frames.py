"""The film of a training: at which steps its frames are, and what a frame holds.

A frame holds the network's weights, from which any snapshot of its step can be drawn again, and the losses
and metrics of that step where they are known. The steps depend on the config alone, so that the same training
has the same film, at whatever speed it ran.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from math import ceil, inf

import numpy as np
from torch import nn

from core.events import FRAME_VALUES, Frame
from core.training import weights
from core.training.film.drawn_from_weights import drawn_from_weights
from core.training.film.limits import MAX_FRAMES, frames_for
from core.training.learners.learner import Learner, Scores
from core.training.stopwatch import Stopwatch

EVEN_FRAMES = 40  # at least, where there are so many steps
MAX_EVEN_FRAMES = 100
EARLY_RATIO = 1.6  # of one early step to the next, so that a quick start is not missed
# Beside the scores of each epoch, evaluations for frames take at most this fraction of the training's time;
# the frames themselves take about as much again.
MAX_TIME_FRACTION = 0.01
MAX_FIRST_FRACTION = 0.025  # of the first one, of the training's expected time
LEARNING_COST = 3  # of learning from a sample, in evaluations of one: forward, and twice as much backward
MAX_EVALUATED = 500  # training samples, as the learners have it


def frame_steps(epochs: int, steps_per_epoch: int, limit: int = MAX_FRAMES) -> list[int]:
    """The steps that are frames, at most `limit` (from MIN_FRAMES on): many at the start, then even ones.

    The end of each epoch is among them, or of each so many where there are too many for that.
    """
    steps = epochs * steps_per_epoch
    max_even = round(limit * MAX_EVEN_FRAMES / MAX_FRAMES)
    if epochs > max_even:
        even = [*range(0, steps, ceil(epochs / max_even) * steps_per_epoch), steps]
    else:
        some = min(EVEN_FRAMES, max_even // 2)
        parts = min(steps_per_epoch, ceil(some / epochs)) * epochs
        even = [part * steps // parts for part in range(parts + 1)]
    ratio = max(EARLY_RATIO, even[1] ** (1 / max(1, limit - max_even - 5)))
    early, step = [], 1.0
    while step < even[1]:
        early.append(int(step))
        step = max(step + 1, step * ratio)
    return sorted({*early, *even})


def frames_that_fit(network: nn.Module) -> int:
    """How many frames of a network a film may have; 0 where they would be too few for a film."""
    return frames_for(weights.count_of(network))


class Film:
    """The steps at which one training is shown, and its frames where its network is small enough."""

    def __init__(self, learner: Learner, watch: Stopwatch) -> None:
        self._learner, self._watch = learner, watch
        parameters = sum(parameter.numel() for parameter in learner.network.parameters())
        self.drawn_from_weights = drawn_from_weights(learner.config, parameters)
        epochs, limit = learner.config.epochs, frames_that_fit(learner.network)
        self._frames = frame_steps(epochs, learner.steps_per_epoch, limit) if limit else []
        self._steps = sorted({*frame_steps(epochs, learner.steps_per_epoch), *self._frames})
        self._numbers = [*weights.numbers_of(learner.network).values()]  # the memory that the steps change
        self._shown = 0  # of these steps, how many are behind
        self._framed = 0  # of the frames, how many are behind
        self._last: int | None = None  # the step of the last frame
        self._evaluated_s, self._evaluation_s = 0.0, inf  # all evaluations for frames, and the last one

    @property
    def next_step(self) -> int | None:
        """The next of its steps; None after the last one."""
        done = bisect_right(self._steps, self._learner.step)
        return self._steps[done] if done < len(self._steps) else None

    @property
    def due(self) -> bool:
        """Whether one of its steps is behind that was not shown."""
        return bisect_right(self._steps, self._learner.step) > self._shown

    @property
    def is_at_frame(self) -> bool:
        """Whether the last frame is of this step, or its network is too large for frames."""
        return not self._frames or self._last == self._learner.step

    @property
    def part_shown(self) -> float:
        """Of its steps, the part that is behind."""
        return self._shown / len(self._steps)

    @property
    def frame_due(self) -> bool:
        """Whether one of its frames is behind that was not made."""
        return bisect_right(self._frames, self._learner.step) > self._framed

    def may_evaluate(self) -> bool:
        """Whether there is time for the scores of a frame within an epoch.

        Always for the smallest networks, and where a training that starts from a frame has those of that
        frame. The first evaluation is judged by its samples, those after it by how long the last one took.
        """
        branched = self._learner.config.start_from is not None
        if self.drawn_from_weights or (branched and self._learner.step == 0):
            return True
        if self._evaluation_s == inf:
            return self._first_evaluation <= MAX_FIRST_FRACTION
        return self._evaluated_s + self._evaluation_s <= MAX_TIME_FRACTION * self._watch.elapsed_s()

    @cached_property
    def _first_evaluation(self) -> float:
        """About the fraction of the training's time that one evaluation takes."""
        started, epochs = self._learner.started(), self._learner.config.epochs
        evaluated = min(MAX_EVALUATED, started.train_samples) + started.test_samples
        return (evaluated + started.validation_samples) / (LEARNING_COST * started.train_samples * epochs)

    def evaluated(self, seconds: float) -> None:
        """An evaluation for a frame took so long."""
        self._evaluation_s = seconds
        self._evaluated_s += seconds

    def show(self, scores: Scores | None, ends: bool = False) -> Iterator[Frame]:
        """The frame of this step, where one is due or the training ends; without scores where none are known.

        Of weights that are not finite there is none.
        """
        step, due = self._learner.step, self.frame_due or (ends and bool(self._frames))
        self._shown = bisect_right(self._steps, step)
        self._framed = bisect_right(self._frames, step)
        new = step != self._last  # a training may end at a step that is a frame already
        if due and new and (scores is None or scores.finite):
            numbers = weights.to_array(self._numbers)
            if np.isfinite(numbers).all():
                self._last = step
                values = {} if scores is None else {name: getattr(scores, name) for name in FRAME_VALUES}
                yield Frame(step, values, numbers)
