"""The replay remembers the latest transitions, whole."""

from __future__ import annotations

import numpy as np
import torch

from core.training.learners.replay import Replay

CPU = torch.device("cpu")


def transition(n: int) -> tuple[np.ndarray, ...]:
    """One, every part of which tells its number n."""
    before, after = np.full((1, 2), n, np.float32), np.full((1, 2), n + 1, np.float32)
    return before, np.array([n % 2]), np.array([float(n)]), after, np.array([n % 3 == 0])


def filled(count: int, capacity: int = 5) -> Replay:
    """Transitions 0, 1, ...: every part of one tells its number."""
    replay = Replay(capacity, 2)
    for n in range(count):
        replay.add(*transition(n))
    return replay


def test_the_oldest_is_forgotten_first_and_parts_stay_together() -> None:
    replay = filled(8)
    assert len(replay) == 5
    observations, actions, rewards, after, ended = replay.sample(200, np.random.default_rng(0), CPU)
    assert set(rewards.tolist()) == {3.0, 4.0, 5.0, 6.0, 7.0}
    assert torch.equal(observations[:, 0], rewards)
    assert torch.equal(after, observations + 1)
    assert torch.equal(actions, rewards.long() % 2)
    assert torch.equal(ended, (rewards.long() % 3 == 0).float())


def test_every_transition_is_drawn_as_often() -> None:
    rewards = filled(5).sample(5000, np.random.default_rng(0), CPU)[2]
    counts = np.bincount(rewards.long().numpy(), minlength=5)
    assert abs(counts - 1000).max() < 130  # over four standard errors


def test_restored_replay_is_the_same_and_continues_writing_at_its_position() -> None:
    for count in (3, 8):
        original, restored = filled(count), Replay(5, 2)
        restored.restore(original.state())
        for replay in (original, restored):
            replay.add(*transition(99))
        drawn = [replay.sample(50, np.random.default_rng(1), CPU)[2] for replay in (original, restored)]
        assert torch.equal(*drawn)
