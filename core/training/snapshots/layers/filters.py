"""Weights of the first layer as small images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.events import Picture
from core.training.learners.rbm import RBMLearner
from core.training.learners.supervised import SupervisedLearner

MAX_FILTERS = 64


def filters(learner: SupervisedLearner | RBMLearner) -> Iterator[Picture]:
    """weights float32 (n, height, width): a convolution's kernels, or each unit's weights as an image.

    Of three channels their mean.
    """
    while True:
        yield Picture("filters", learner.step, {"weights": _first_weights(learner)})


def _first_weights(learner: SupervisedLearner | RBMLearner) -> np.ndarray:
    if isinstance(learner, RBMLearner):
        weights = learner.network.weights.detach().T[:MAX_FILTERS]
    else:
        weights = next(learner.network.parameters()).detach()[:MAX_FILTERS]
    if weights.dim() == 4:
        weights = weights.mean(1)
    else:
        weights = weights.reshape(len(weights), -1, *learner.data.test_inputs.shape[-2:]).mean(1)
    return weights.cpu().numpy().copy()  # the optimiser keeps writing into the original
