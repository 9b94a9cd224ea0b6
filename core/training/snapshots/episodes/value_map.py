"""The value of each square of a grid world, and its best action."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.events import Picture
from core.training.learners.q_table import TableLearner


def value_map(learner: TableLearner) -> Iterator[Picture]:
    """values float32 and actions int64 (maps, rows, columns), of the best action of each square.

    NaN and -1 where nothing is decided or nothing learnt. values: titles (of the maps), marks (maps, rows,
    columns), what is written on each square, letters (what that means), actions (names).
    """
    maps = learner.world.maps
    values = {
        "titles": [*maps],
        "marks": [squares.marks.tolist() for squares in maps.values()],
        "letters": learner.world.letters,
        "actions": list(learner.environment.actions),
    }
    while True:
        best, worth = [], []
        for squares in maps.values():
            of_squares = learner.values[squares.states]
            known = squares.decides & (of_squares != of_squares[..., :1]).any(-1)
            best.append(np.where(known, of_squares.argmax(-1), -1))
            worth.append(np.where(known, of_squares.max(-1), np.nan))
        arrays: dict[str, np.ndarray] = {"values": np.array(worth, np.float32), "actions": np.array(best)}
        yield Picture("value_map", learner.step, arrays, values)
