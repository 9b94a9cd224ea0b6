"""Points that a generator makes, and how real the discriminator considers each point of the plane."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from core.events import Picture
from core.training.learners.gan import SCORED_POINTS, GANLearner
from core.training.snapshots.data.target import MAX_POINTS
from core.training.snapshots.grid import grid_around

CELLS = 80  # along each axis
MARGIN = 0.175  # as a fraction of the points' extent: generated ones lie outside of the real ones at first


def generated(learner: GANLearner) -> Iterator[Picture]:
    """points float32 (n, 2), always of the same noise, and realness float32 (CELLS, CELLS) over a Grid.

    realness in [-1, 1]: the discriminator's score, less its mean. values: x_min, x_max, y_min, y_max; modes,
    how many the points cover; of, how many there are.
    """
    grid = grid_around(learner.train.cpu().numpy(), CELLS, MARGIN)
    middles = torch.from_numpy(grid.middles()).to(learner.device)
    while True:
        random = torch.Generator().manual_seed(learner.config.seed)  # not the training's
        with torch.no_grad():
            points = learner.network(learner.network.noise(SCORED_POINTS, random))
            score = learner.network.score(middles).flatten()
        score = score - score.mean()
        realness = (score / score.abs().max().clamp(min=1e-9)).cpu().numpy().astype(np.float32)
        arrays = {"points": points[:MAX_POINTS].cpu().numpy(), "realness": grid.image(realness)}
        values = {"modes": learner.coverage(points, learner.train, None).modes, "of": learner.modes}
        yield Picture("generated", learner.step, arrays, grid.bounds | values)
