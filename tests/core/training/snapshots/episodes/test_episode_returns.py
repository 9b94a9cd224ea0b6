"""Pictures of episodes keep their extremes and stay small."""

from __future__ import annotations

import numpy as np

from core.training.snapshots.episodes.episode_returns import MAX_BUCKETS, episode_returns
from tests.core.training.snapshots.stand_in import stand_in


def test_few_episodes_are_shown_one_by_one() -> None:
    picture = next(episode_returns(stand_in(step=7, returns=[1.0, 5.0, 2.0])))
    assert picture is not None
    assert picture.step == 7
    assert picture.arrays["last"].tolist() == [1, 2, 3]
    for name in ("lowest", "mean", "highest"):
        assert picture.arrays[name].tolist() == [1, 5, 2]


def test_many_episodes_are_gathered_with_their_extremes() -> None:
    returns = np.random.default_rng(0).normal(size=100_003)
    picture = next(episode_returns(stand_in(returns=returns.tolist())))
    assert picture is not None
    arrays = picture.arrays
    assert len(arrays["mean"]) <= MAX_BUCKETS
    assert arrays["lowest"].min() == np.float32(returns.min())
    assert arrays["highest"].max() == np.float32(returns.max())
    weights = np.diff(arrays["last"], prepend=0)
    assert arrays["last"][-1] == 100_003
    np.testing.assert_allclose(np.average(arrays["mean"], weights=weights), returns.mean(), atol=1e-4)


def test_nothing_is_shown_before_an_episode_is_over() -> None:
    learner = stand_in(returns=[])
    snapshots = episode_returns(learner)
    assert next(snapshots) is None
    learner.returns.append(3.0)
    picture = next(snapshots)
    assert picture is not None
    assert picture.arrays["mean"].tolist() == [3]
