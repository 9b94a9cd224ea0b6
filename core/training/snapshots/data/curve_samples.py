"""The samples that a curve or a surface is learnt from."""

from __future__ import annotations

from collections.abc import Iterator

from core.data.curves import picture
from core.events import Picture
from core.training.learners.supervised import SupervisedLearner


def curve_samples(learner: SupervisedLearner) -> Iterator[Picture]:
    """Samples of both splits, as core.data.curves.picture() makes them."""
    yield picture(learner.data)
