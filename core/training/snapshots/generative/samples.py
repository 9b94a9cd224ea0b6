"""Images that a generator makes."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from core.events import Picture
from core.training.learners.gan import GANLearner

MAX_IMAGES = 24


def samples(learner: GANLearner) -> Iterator[Picture]:
    """images uint8 (n, height, width), always of the same noise."""
    while True:
        random = torch.Generator().manual_seed(learner.config.seed)  # not the training's
        with torch.no_grad():
            images = learner.network(learner.network.noise(MAX_IMAGES, random))
        pixels = (255 * images[:, 0]).round().to(torch.uint8).cpu().numpy()
        yield Picture("samples", learner.step, {"images": pixels})
