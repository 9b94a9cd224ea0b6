"""The returns of a training's episodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from core.events import Picture
from core.training.learners.deep_q import DeepQLearner
from core.training.learners.q_table import TableLearner

MAX_BUCKETS = 150


def episode_returns(learner: TableLearner | DeepQLearner) -> Iterator[Picture | None]:
    """lowest, mean and highest return of neighbouring episodes, float32 (buckets,).

    last int64 (buckets,): number of the bucket's last episode. None before the first episode is over.
    """
    while True:
        returns = learner.returns
        yield Picture("episode_returns", learner.step, in_buckets(returns)) if returns else None


def in_buckets(returns: Sequence[float]) -> dict[str, np.ndarray]:
    """At most MAX_BUCKETS of neighbouring returns, of which there is at least one; see episode_returns()."""
    size = -(-len(returns) // MAX_BUCKETS)
    starts = np.arange(0, len(returns), size)
    values = np.array(returns, np.float32)
    ends = np.minimum(starts + size, len(returns))
    return {
        "last": ends.astype(np.int64),
        "lowest": np.minimum.reduceat(values, starts),
        "mean": np.add.reduceat(values, starts) / (ends - starts).astype(np.float32),
        "highest": np.maximum.reduceat(values, starts),
    }
