"""The replay memory of a deep Q-network: past transitions, to learn from again."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor


class Replay:
    """The last `capacity` transitions, of which batches are sampled with equal chance.

    Source: Lin 1992; Mnih et al. 2015.
    """

    def __init__(self, capacity: int, observation_size: int) -> None:
        self._columns: dict[str, np.ndarray] = {
            "observations": np.zeros((capacity, observation_size), np.float32),
            "actions": np.zeros(capacity, np.int64),
            "rewards": np.zeros(capacity, np.float32),
            "next_observations": np.zeros((capacity, observation_size), np.float32),
            "ended": np.zeros(capacity, np.float32),
        }
        self._capacity, self._added = capacity, 0

    def __len__(self) -> int:
        return min(self._added, self._capacity)

    def add(
        self,
        observations: np.ndarray,
        actions: np.ndarray,
        rewards: np.ndarray,
        after: np.ndarray,
        ended: np.ndarray,
    ) -> None:
        """Remember transitions, at most as many as fit, in place of the oldest when the memory is full."""
        rows = np.arange(self._added, self._added + len(actions)) % self._capacity
        values = (observations, actions, rewards, after, ended)
        for column, value in zip(self._columns.values(), values, strict=True):
            column[rows] = value
        self._added += len(actions)

    def sample(self, count: int, random: np.random.Generator, device: torch.device) -> tuple[Tensor, ...]:
        """Observations, actions, rewards, next observations and ends of `count` transitions."""
        rows = random.integers(len(self), size=count)
        return tuple(torch.from_numpy(column[rows]).to(device) for column in self._columns.values())

    def state(self) -> dict[str, Any]:
        """The transitions remembered."""
        filled = {
            name: torch.from_numpy(column[: len(self)].copy()) for name, column in self._columns.items()
        }
        return {"added": self._added, **filled}

    def restore(self, state: dict[str, Any]) -> None:
        """Return to a state()."""
        self._added = state["added"]
        for name, column in self._columns.items():
            column[: len(self)] = state[name].numpy()
