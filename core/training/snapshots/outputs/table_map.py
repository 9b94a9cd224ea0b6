"""Which class a network predicts on the plane of the rows' principal components."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from core.events import Picture
from core.training.learners.building import evaluation_mode
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.data.table_points import MAX_POINTS, principal_plane
from core.training.snapshots.grid import grid_around
from core.training.snapshots.outputs.decision_map import most_probable

CELLS = 120  # along each axis


def table_map(learner: SupervisedLearner) -> Iterator[Picture]:
    """winner, uint8, the most probable class, and its probability, float32, over a Grid, (CELLS, CELLS).

    The grid is on the plane of principal_plane(), around the rows. values: x_min, x_max, y_min, y_max;
    classes, how many; shares, the fraction of the variance along each axis.
    """
    data = learner.data
    mean, axes, fractions = principal_plane(data.train_inputs)
    rows = [(part[:MAX_POINTS] - mean) @ axes for part in (data.train_inputs, data.test_inputs)]
    grid = grid_around(np.concatenate(rows), CELLS)
    inputs = torch.from_numpy((grid.middles() @ axes.T + mean).astype(np.float32)).to(learner.device)
    values = grid.bounds | {"classes": len(data.classes), "shares": fractions}
    while True:
        with evaluation_mode(learner.network):
            outputs = learner.network(inputs)
        winner, probability = most_probable(outputs)
        arrays = {"winner": grid.image(winner.astype(np.uint8)), "probability": grid.image(probability)}
        yield Picture("table_map", learner.step, arrays, values)
