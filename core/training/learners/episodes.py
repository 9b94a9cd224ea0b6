"""Playing an environment: episode after episode to learn from, and fresh episodes to test and validate on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import torch

from core.data.environments import LoadedEnvironment
from core.events import Progress

FRESH_EPISODES = 100
VALIDATION_SEED = 2**40  # above the training's own: no world of a training, nor one that tests, has that seed
_STEPS_BETWEEN_YIELDS = 20


class Play:
    """One environment that starts a new episode after each.

    observation is the current one: a state's number, or float32 (observation_size,). The return of
    each episode that is over is put at the end of `returns`, which several plays may share.
    """

    def __init__(self, environment: LoadedEnvironment, seed: int, returns: list[float]) -> None:
        self._environment = environment
        self._world = environment.make()
        self.observation, _ = self._world.reset(seed=seed)
        self._returns = returns
        self._return, self._steps = 0.0, 0

    def step(self, action: int) -> tuple[Any, float, bool]:
        """What follows an action: the next observation, the reward, and whether the world ended there.

        An episode that is cut off for its length did not end.
        """
        after, reward, ended, _, _ = self._world.step(action)
        self.observation = after
        self._return += reward
        self._steps += 1
        if ended or self._steps == self._environment.max_steps:
            self._returns.append(self._return)
            self._return, self._steps = 0.0, 0
            self.observation, _ = self._world.reset()
        return after, float(reward), bool(ended)

    def state(self) -> dict[str, Any]:
        """Everything that its next steps depend on, as plain values and tensors."""
        return {
            "attributes": {
                name: _storable(getattr(self._world, name)) for name in self._environment.attributes
            },
            "random": self._world.np_random.bit_generator.state,
            "observation": _storable(self.observation),
            "return": self._return,
            "steps": self._steps,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Return to a state()."""
        for name, value in state["attributes"].items():
            setattr(self._world, name, _restored(value))
        self._world.np_random.bit_generator.state = state["random"]
        self.observation = _restored(state["observation"])
        self._return, self._steps = state["return"], state["steps"]


def _storable(value: Any) -> Any:
    """Arrays as tensors and NumPy's numbers as Python's, which any file can hold."""
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value.copy())
    return value.item() if isinstance(value, np.generic) else value


def _restored(value: Any) -> Any:
    return value.numpy().copy() if isinstance(value, torch.Tensor) else value


def fresh_episodes(
    environment: LoadedEnvironment,
    action_values: Callable[[np.ndarray], np.ndarray],
    discount: float,
    seed: int,
    progress: Progress,
) -> Generator[Progress, None, tuple[float, float]]:
    """Mean return of FRESH_EPISODES new episodes that always take the best action, and mean squared TD error.

    action_values gives (episodes, actions) for observations (episodes, observation_size). Yields `progress`.
    """
    worlds = environment.make_many(FRESH_EPISODES)
    observations, _ = worlds.reset(seed=seed)
    alive = np.ones(FRESH_EPISODES, bool)  # an episode that is over starts again: it counts once
    returns, errors, steps = np.zeros(FRESH_EPISODES), 0.0, 0
    values = action_values(observations)
    for step in range(environment.max_steps):
        best = values.argmax(1)
        observations, rewards, ended, _, _ = worlds.step(best)
        after = action_values(observations)
        goals = rewards + discount * np.where(ended, 0.0, after.max(1))
        squared = np.square(goals - values.max(1))
        returns[alive] += rewards[alive]
        errors += float(squared[alive].sum())
        steps += int(alive.sum())
        alive &= ~ended
        values = after
        if not alive.any():
            break
        if step % _STEPS_BETWEEN_YIELDS == 0:
            yield progress
    worlds.close()
    return float(returns.mean()), errors / steps
