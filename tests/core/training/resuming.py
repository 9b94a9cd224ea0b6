"""What every learner promises: the same seed gives the same numbers, and a restored one resumes with them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from core.events import Picture, Progress
from core.training.learners.learner import Learner, Scores
from core.training.snapshots.schedule import SnapshotSchedule
from core.training.stopwatch import Stopwatch


def epoch(learner: Learner) -> list[float]:
    """The losses of one epoch."""
    return [learner.learn(batch).item() for batch in learner.batches()]


def scores(learner: Learner) -> Scores:
    """The scores of this moment."""
    evaluation = learner.evaluate(Progress(0, 1, "steps"))
    while True:
        try:
            next(evaluation)
        except StopIteration as finished:
            return finished.value


def pictures(learner: Learner) -> dict[str, Picture]:
    """The pictures of this moment, by name."""
    return {picture.name: picture for picture in SnapshotSchedule(learner, Stopwatch()).pictures()}


def through_a_file(state: dict[str, Any]) -> dict[str, Any]:
    """The state after a safe write and read: nothing but tensors and plain values passes."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def assert_reproducible_and_resumable(make: Callable[[], Learner]) -> None:
    """Two of the same config agree; drawing and scoring change nothing; one restored resumes in step."""
    plain, watched = make(), make()
    first = epoch(plain)
    pictures(watched)
    assert epoch(watched) == first
    before = scores(watched)
    pictures(watched)
    assert scores(watched) == before == scores(plain)

    state = through_a_file(watched.state())
    expected = [epoch(plain) for _ in range(2)]
    end, shown = scores(plain), pictures(plain)
    assert [epoch(watched) for _ in range(2)] == expected  # the state is a copy, or the file is

    restored = make()
    epoch(restored)  # whatever it did before is forgotten
    restored.restore(state)
    assert restored.step == watched.step - 2 * watched.steps_per_epoch
    assert [epoch(restored) for _ in range(2)] == expected
    assert scores(restored) == end
    for name, picture in pictures(restored).items():
        for part, values in picture.arrays.items():
            np.testing.assert_array_equal(values, shown[name].arrays[part])
