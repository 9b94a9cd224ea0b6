"""Worlds of grid squares whose rules are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class GridWorld:
    """The transitions and the map of a grid world; states, actions and outcomes are numbered."""

    # Of each outcome of an action, (states, actions, outcomes).
    probability: np.ndarray
    next_state: np.ndarray
    reward: np.ndarray
    ends: np.ndarray  # whether the episode ends there
    start: np.ndarray  # (states,) probability to start in each state
    maps: dict[str, Map]  # states as squares, by title; of a world with many maps those that say most
    every_map: dict[str, Map]  # all of them: each state is a square of one
    letters: dict[str, str]  # what the marks on its squares mean

    def expected_return(self, policy: np.ndarray, max_steps: int) -> tuple[float, np.ndarray]:
        """Exact mean return of a policy (states,) within max_steps, and the expected visits of each state.

        The visits, (states,), sum the probability of each state over the steps.
        """
        states = np.arange(len(policy))
        chance, following = self.probability[states, policy], self.next_state[states, policy]
        reward = (chance * self.reward[states, policy]).sum(1)
        continues = chance * ~self.ends[states, policy]
        total, now, visits = 0.0, self.start, np.zeros(len(policy))
        for _ in range(max_steps):
            visits += now
            total += float(now @ reward)
            now = np.bincount(following.ravel(), (now[:, None] * continues).ravel(), minlength=len(policy))
        return total, visits

    def backup(self, values: np.ndarray, discount: float) -> np.ndarray:
        """Expected reward and discounted value of what follows, (states, actions), for values (states,)."""
        following = np.where(self.ends, 0.0, values[self.next_state])
        return (self.probability * (self.reward + discount * following)).sum(2)


@dataclass(frozen=True, eq=False)
class Map:
    """Squares of a grid world and their states; all arrays are (rows, columns)."""

    states: np.ndarray  # number of the state of each square
    marks: np.ndarray  # the letter on each square, "" for none
    decides: np.ndarray  # False where an episode ends, so that there is no action
    walls: np.ndarray  # True where a wall is at the square's right
