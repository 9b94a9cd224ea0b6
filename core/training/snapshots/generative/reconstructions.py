"""Images, and what comes back from the hidden units of a restricted Boltzmann machine."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from core.events import Picture
from core.training.learners.rbm import RBMLearner

MAX_IMAGES = 12


def reconstructions(learner: RBMLearner) -> Iterator[Picture]:
    """images and reconstructed, uint8 (n, height, width), of the test split."""
    shown = learner.test[:MAX_IMAGES]
    while True:
        with torch.inference_mode():
            reconstructed = learner.network.reconstruct(shown)
        arrays = {"images": pixels(learner, shown), "reconstructed": pixels(learner, reconstructed)}
        yield Picture("reconstructions", learner.step, arrays)


def pixels(learner: RBMLearner, flat: Tensor) -> np.ndarray:
    """Images (n, pixels) in [0, 1] as uint8 (n, height, width)."""
    size = learner.data.train_inputs.shape[-2:]
    return (255 * flat.reshape(-1, *size)).round().to(torch.uint8).cpu().numpy()
