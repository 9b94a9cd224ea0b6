"""Images that a restricted Boltzmann machine makes by Gibbs sampling ("fantasies": Hinton 2002)."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from core.events import Picture
from core.models.rbm import bernoulli
from core.training.learners.rbm import RBMLearner
from core.training.snapshots.generative.reconstructions import MAX_IMAGES, pixels

GIBBS_STEPS = 200


def fantasies(learner: RBMLearner) -> Iterator[Picture]:
    """images uint8 (n, height, width): the probabilities of pixels after 200 steps from noise."""
    while True:
        random = torch.Generator().manual_seed(0)  # not the training's
        with torch.inference_mode():
            start = bernoulli(learner.mean_image.expand(MAX_IMAGES, -1), random)
            images = learner.network.reconstruct(learner.network.gibbs(start, GIBBS_STEPS, random))
        yield Picture("fantasies", learner.step, {"images": pixels(learner, images)})
