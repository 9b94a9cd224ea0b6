"""The film of a training: at which steps its frames are, and what a frame holds.

A small network's weights are all that is needed to draw it at any time: the network, what each unit computes,
and the map of what it predicts. The steps depend on the config alone, so that the same training has the same
film, at whatever speed it ran.
"""

from __future__ import annotations

from bisect import bisect_right
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
    """The frames of one training under way."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._steps = frame_steps(learner.config.epochs, learner.steps_per_epoch)
        self._last: int | None = None  # the step of the last frame

    @property
    def next_step(self) -> int | None:
        """The step of the next frame; None after the last one."""
        done = bisect_right(self._steps, self._learner.step)
        return self._steps[done] if done < len(self._steps) else None

    @property
    def due(self) -> bool:
        """Whether this step is a frame that is not there yet."""
        return self._learner.step != self._last and self._learner.step in self._steps

    def frame(self, scores: Scores) -> Frame:
        """The frame of this step."""
        learner = self._learner
        self._last = learner.step
        weights = [parameter.detach().cpu().numpy().ravel() for parameter in learner.network.parameters()]
        values = {name: getattr(scores, name) for name in FRAME_VALUES}
        return Frame(learner.step, values, np.concatenate(weights, dtype=np.float32))


def film_of(learner: Learner) -> Film | None:
    """The film of a learner's training; None for one that shows nothing, or whose network keeps none."""
    network = learner.network
    kept = (
        learner.config.snapshot_every_s is not None
        and isinstance(network, MLP)
        and network.norms is None
        and DATASETS[learner.config.data].kind == POINTS
    )
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Film(learner) if kept and parameters * 4 * MAX_FRAMES <= MAX_BYTES else None
