"""The film of a training: at which steps its frames are, and what a frame holds.

A small network's weights are all that is needed to draw it at any time: the network, what each unit computes,
and the map of what it predicts. The steps depend on the config alone, so that the same training has the same
film, at whatever speed it ran.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from math import ceil

import numpy as np

from core.data import DATASETS
from core.data.dataset import POINTS
from core.events import FRAME_VALUES, Frame
from core.models.mlp import MLP
from core.training.learners.learner import Learner, Scores

MAX_FRAMES = 130
MAX_BYTES = 8 * 2**20  # of all frames together
EVEN_FRAMES = 40  # at least, where there are so many steps; those within an epoch have to be evaluated
MAX_EVEN_FRAMES = 100
EARLY_RATIO = 1.6  # of one early step to the next, so that a quick start is not missed


def frame_steps(epochs: int, steps_per_epoch: int) -> list[int]:
    """The steps that are frames, at most MAX_FRAMES: many at the start, then even ones.

    The end of each epoch is among them, or of each so many where there are more than MAX_EVEN_FRAMES.
    """
    steps = epochs * steps_per_epoch
    if epochs > MAX_EVEN_FRAMES:
        even = [*range(0, steps, ceil(epochs / MAX_EVEN_FRAMES) * steps_per_epoch), steps]
    else:
        parts = min(steps_per_epoch, ceil(EVEN_FRAMES / epochs)) * epochs
        even = [part * steps // parts for part in range(parts + 1)]
    ratio = max(EARLY_RATIO, even[1] ** (1 / (MAX_FRAMES - MAX_EVEN_FRAMES - 5)))
    early, step = [], 1.0
    while step < even[1]:
        early.append(int(step))
        step = max(step + 1, step * ratio)
    return sorted({*early, *even})


class Film:
    """The steps at which one training is shown, and its frames where its network keeps some."""

    def __init__(self, learner: Learner) -> None:
        self.has_frames = keeps_frames(learner)
        self._learner = learner
        self._steps = frame_steps(learner.config.epochs, learner.steps_per_epoch)
        self._shown = 0  # of these steps, how many are behind
        self._last: int | None = None  # the step of the last frame

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
    def part_shown(self) -> float:
        """Of its steps, the part that is behind."""
        return self._shown / len(self._steps)

    def show(self, scores: Scores | None) -> Iterator[Frame]:
        """The frame of this step, where its network keeps some and the scores are known."""
        self._shown = bisect_right(self._steps, self._learner.step)
        new = self._learner.step != self._last  # a training may end at a step that is a frame already
        if self.has_frames and new and scores is not None and scores.finite:
            self._last = self._learner.step
            parameters = self._learner.network.parameters()
            weights = [parameter.detach().cpu().numpy().ravel() for parameter in parameters]
            values = {name: getattr(scores, name) for name in FRAME_VALUES}
            yield Frame(self._learner.step, values, np.concatenate(weights, dtype=np.float32))


def keeps_frames(learner: Learner) -> bool:
    """Whether weights are all that is needed to draw a learner's network, and few enough."""
    network = learner.network
    drawn = isinstance(network, MLP) and network.norms is None
    parameters = sum(parameter.numel() for parameter in network.parameters())
    of_points = DATASETS[learner.config.data].kind == POINTS
    return drawn and of_points and parameters * 4 * MAX_FRAMES <= MAX_BYTES
