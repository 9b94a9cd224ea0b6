"""Which way a network would push a cart, by its pole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from core.events import Picture
from core.training.learners.deep_q import DeepQLearner
from core.training.snapshots.grid import Grid

CELLS = 80  # along each axis
# A pole falls at 12 degrees (0.2095 rad); faster turns are rare.
MAX_ANGLE_RAD, MAX_SPEED_RAD_S = 0.2095, 2.0


def policy_map(learner: DeepQLearner) -> Iterator[Picture]:
    """preference float32 (CELLS, CELLS) in [-1, 1], for a cart that stands in the middle.

    Value of right less value of left, as a fraction of the largest difference. Columns are angles from left
    to right, rows angular speeds from the largest down. values: x_min, x_max (rad), y_min, y_max (rad/s).
    """
    grid = Grid(-MAX_ANGLE_RAD, MAX_ANGLE_RAD, -MAX_SPEED_RAD_S, MAX_SPEED_RAD_S, CELLS)
    observations = np.zeros((CELLS * CELLS, 4), np.float32)
    observations[:, 2:] = grid.middles()
    inputs = torch.from_numpy(observations / learner.scale).to(learner.device)
    while True:
        with torch.inference_mode():
            left, right = learner.network(inputs).cpu().numpy().T
        preference = right - left
        preference = preference / max(float(np.abs(preference).max()), 1e-9)
        arrays = {"preference": grid.image(preference.astype(np.float32))}
        yield Picture("policy_map", learner.step, arrays, grid.bounds)
