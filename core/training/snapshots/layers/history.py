"""A quantity over a whole run, in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MAX_POINTS = 300
_GROUP = 4  # neighbours of which the smallest and the largest stay


class History:
    """Values at rising steps: at most 300 of them, the first, the last and the extremes always there."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.values: list[float] = []

    def add(self, step: int, value: float) -> None:
        """Add a value; when the same step comes again it replaces the value before."""
        if self.steps and self.steps[-1] == step:
            self.values[-1] = value
            return
        self.steps.append(step)
        self.values.append(value)
        if len(self.steps) > MAX_POINTS:
            self._thin()

    def _thin(self) -> None:
        last = len(self.steps) - 1
        kept = {0, last}
        for start in range(1, last, _GROUP):
            group = range(start, min(start + _GROUP, last))
            kept |= {min(group, key=self.values.__getitem__), max(group, key=self.values.__getitem__)}
        rows = sorted(kept)
        self.steps = [self.steps[row] for row in rows]
        self.values = [self.values[row] for row in rows]


def arrays_of(histories: Sequence[History]) -> tuple[np.ndarray, np.ndarray]:
    """Steps int64 and values float32, both (histories, points); shorter ones end in step -1 and NaN."""
    longest = max(len(history.steps) for history in histories)
    steps = np.full((len(histories), longest), -1, np.int64)
    values = np.full((len(histories), longest), np.nan, np.float32)
    for row, history in enumerate(histories):
        steps[row, : len(history.steps)] = history.steps
        values[row, : len(history.values)] = history.values
    return steps, values
