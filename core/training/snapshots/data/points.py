"""The points of the plane that there are to tell apart."""

from __future__ import annotations

from collections.abc import Iterator

from core.data.points import picture
from core.events import Picture
from core.training.learners.supervised import SupervisedLearner


def points(learner: SupervisedLearner) -> Iterator[Picture]:
    """Points and classes of both splits, as core.data.points.picture() makes them."""
    yield picture(learner.data)
