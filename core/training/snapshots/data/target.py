"""The points that a generator is to imitate."""

from __future__ import annotations

from collections.abc import Iterator

from core.events import Picture
from core.training.learners.gan import GANLearner

MAX_POINTS = 600


def target(learner: GANLearner) -> Iterator[Picture]:
    """real float32 (n, 2), points of the mixture."""
    yield Picture("target", 0, {"real": learner.data.test_inputs[:MAX_POINTS]})
