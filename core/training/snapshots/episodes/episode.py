"""The value of every action, out of which an episode with the best ones can be played."""

from __future__ import annotations

from collections.abc import Iterator

from core.events import Picture
from core.training.learners.q_table import TableLearner


def episode(learner: TableLearner) -> Iterator[Picture]:
    """action_values float32 (states, actions)."""
    while True:
        yield Picture("episode", learner.step, {"action_values": learner.values.copy()})
