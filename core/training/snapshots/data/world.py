"""The squares of a grid world and its rules, out of which its episodes can be played anywhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.events import Picture
from core.training.learners.q_table import TableLearner


def world(learner: TableLearner) -> Iterator[Picture]:
    """The GridWorld's arrays: probability, reward float64, next_state int64, ends bool (states, actions,
    outcomes), start float64 (states,); and all its maps': states int64, decides, walls bool (maps, rows,
    columns).

    values: titles and marks of the maps, letters (what marks mean), actions (names), max_steps.
    """
    rules, maps = learner.world, learner.world.every_map
    arrays = {name: getattr(rules, name) for name in ("probability", "next_state", "reward", "ends", "start")}
    for name in ("states", "decides", "walls"):
        arrays[name] = np.array([getattr(squares, name) for squares in maps.values()])
    values = {
        "titles": [*maps],
        "marks": [squares.marks.tolist() for squares in maps.values()],
        "letters": rules.letters,
        "actions": list(learner.environment.actions),
        "max_steps": learner.environment.max_steps,
    }
    yield Picture("world", 0, arrays, values)
