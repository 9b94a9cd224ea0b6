"""Which class a network predicts at each point of the plane."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from core.data.features import inputs_of
from core.events import Picture
from core.training.learners.building import evaluation_mode
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.grid import Grid, grid_around

CELLS = 120  # along each axis


def decision_map(learner: SupervisedLearner) -> Iterator[Picture]:
    """Probabilities over a Grid around the points, (CELLS, CELLS).

    For two classes probability, float32, is that of class 1. For more there is also winner, uint8, the most
    probable class, and probability is the winner's. values: x_min, x_max, y_min, y_max; classes, how many.
    """
    data = learner.data
    assert data.train_plane is not None
    assert data.test_plane is not None
    grid = grid_around(np.concatenate([data.train_plane, data.test_plane]), CELLS)
    inputs = torch.from_numpy(inputs_of(grid.middles(), data.features)).to(learner.device)
    values = grid.bounds | {"classes": len(data.classes)}
    while True:
        with evaluation_mode(learner.network):
            outputs = learner.network(inputs)
        yield Picture("decision_map", learner.step, _arrays(outputs, grid), values)


def _arrays(outputs: Tensor, grid: Grid) -> dict[str, np.ndarray]:
    if outputs.shape[1] == 1:
        return {"probability": grid.image(torch.sigmoid(outputs[:, 0]).cpu().numpy())}
    winner, probability = most_probable(outputs)
    return {"probability": grid.image(probability), "winner": grid.image(winner.astype(np.uint8))}


def most_probable(outputs: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The most probable class of each row, int64 (n,), and its probability, float32 (n,).

    outputs: (n, classes) logits, or (n, 1), the logit of the second of two classes.
    """
    if outputs.shape[1] == 1:
        outputs = torch.cat([torch.zeros_like(outputs), outputs], dim=1)
    probability, winner = torch.softmax(outputs, dim=1).max(dim=1)
    return winner.cpu().numpy(), probability.cpu().numpy()
