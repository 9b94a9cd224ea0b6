"""What a network predicts over the plane, beside the truth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.grid import grid_around
from core.training.snapshots.outputs.curve import with_truth

CELLS = 80  # along each axis


def surface(learner: SupervisedLearner) -> Iterator[Picture]:
    """The network's value and the truth over a Grid around the samples, float32 (CELLS, CELLS).

    values: x_min, x_max, y_min, y_max, features, answer (names).
    """
    data = learner.data
    grid = grid_around(np.concatenate([data.train_inputs, data.test_inputs]), CELLS)
    middles = grid.middles()
    values = grid.bounds | {"features": list(data.features), "answer": data.target_name}
    while True:
        arrays = {name: grid.image(flat) for name, flat in with_truth(learner, middles).items()}
        yield Picture("surface", learner.step, arrays, values)
