"""Training by Q-learning with a table, and what deep Q-learning shares with it."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.data.environments import LoadedEnvironment
from core.data.grid_world import GridWorld
from core.errors import InvalidRequest
from core.events import Progress
from core.models.q_learning import QTable
from core.training.config import TrainConfig
from core.training.events import TrainingStarted
from core.training.learners.base import LearnerBase
from core.training.learners.building import build, loaded, model_options
from core.training.learners.episodes import FRESH_EPISODES, VALIDATION_SEED, Play
from core.training.learners.learner import Scores
from core.training.validation import is_watched

STEPS_PER_EPOCH = 1000  # of the environment; more than the longest episode, so that one ends in every epoch
RECENT_EPISODES = 100


class PlayingLearner(LearnerBase):
    """What learns by playing an environment: a table, or a network in its place."""

    environment: LoadedEnvironment
    sample_unit = "environment steps"

    @property
    def validates(self) -> bool:
        """Whether fresh episodes with a seed of their own are played beside those that test."""
        return is_watched(self.config)

    def started(self) -> TrainingStarted:
        """What is about to be trained."""
        return self.announce(
            train_samples=STEPS_PER_EPOCH,
            test_samples=FRESH_EPISODES,
            validation_samples=FRESH_EPISODES if self.validates else 0,
            input_shape=(self.environment.observation_size,),
            outputs=len(self.environment.actions),
            metric=self.environment.task,
        )


class TableLearner(PlayingLearner):
    """A Q table between two stretches of batch_size steps of its environment, learning from each step.

    The loss is the mean squared temporal difference error. The metric is the mean return (on a lake: the
    fraction of successes) of the last 100 episodes while exploring. The test metric is what the best actions
    earn, computed exactly from the transition probabilities; 100 episodes sampled from these validate.
    """

    def __init__(self, config: TrainConfig) -> None:
        if config.device != "cpu":
            raise InvalidRequest(
                f"A table learns on the CPU, not on {config.device!r}: it changes by numbers."
            )
        super().__init__(config, torch.device("cpu"))
        self.options = model_options(config)
        environment = loaded(config)
        assert isinstance(environment, LoadedEnvironment)
        assert environment.world is not None
        self.environment, self.world = environment, environment.world
        table = build(config, (environment.observation_size,), len(environment.actions))
        assert isinstance(table, QTable)
        self.network: QTable = table
        self.values = table.values.numpy()  # the same memory
        self.returns: list[float] = []
        self.play = Play(environment, config.seed, self.returns)
        self.random = np.random.default_rng([config.seed, 1])
        self.losses = Mean()

    @property
    def samples_per_epoch(self) -> int:
        """Steps of the environment."""
        return STEPS_PER_EPOCH

    @property
    def steps_per_epoch(self) -> int:
        """Stretches an epoch."""
        return math.ceil(STEPS_PER_EPOCH / self.config.batch_size)

    def batches(self) -> Iterator[int]:
        """How many steps of the environment to take, stretch by stretch."""
        self.losses = Mean()
        left = STEPS_PER_EPOCH
        while left > 0:
            yield min(left, self.config.batch_size)
            left -= self.config.batch_size

    def learn(self, batch: int) -> Tensor:
        """Take `batch` steps and learn from each; the mean squared error of the stretch."""
        rate, epsilon = self.scheduled_rate(), exploration(self.options, self.fraction_done)
        discount, values = self.options["discount"], self.values
        explores = self.random.random(batch) < epsilon
        at_random = self.random.integers(values.shape[1], size=batch).tolist()
        squared = 0.0
        for n in range(batch):
            state = self.play.observation
            action = at_random[n] if explores[n] else int(values[state].argmax())
            after, reward, ended = self.play.step(action)
            goal = reward if ended else reward + discount * values[after].max()
            error = goal - values[state, action]
            values[state, action] += rate * error
            squared += float(error) ** 2
        self.step += 1
        self.losses.add(torch.tensor(squared / batch))
        return torch.tensor(squared / batch)

    def evaluate(self, progress: Progress) -> Generator[Progress, None, Scores]:
        """Errors and returns while exploring, and those of the best actions: exact, and of samples."""
        yield progress
        rules = (self.environment, self.world, self.values, self.options["discount"])
        loss, earned = exact_evaluation(*rules)
        validation: tuple[float | None, float | None] = (None, None)
        if self.validates:
            validation = sampled_evaluation(*rules, seed=self.config.seed + VALIDATION_SEED)
        return Scores(self.losses.value, recent(self.returns), loss, earned, {}, *validation)

    def state(self) -> dict[str, Any]:
        """Everything that the next steps depend on."""
        return {
            "step": self.step,
            "model": self.network.state_dict(),
            "play": self.play.state(),
            "returns": list(self.returns),
            "random": self.random.bit_generator.state,
            "losses": self.losses.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Return to a state()."""
        self.step = state["step"]
        self.network.load_state_dict(state["model"])  # copies into the memory that values shares
        self.play.restore(state["play"])
        self.returns[:] = state["returns"]
        self.random.bit_generator.state = state["random"]
        self.losses.restore(state["losses"])


class Mean:
    """The mean of an epoch's losses, which stay on their device until it is asked for."""

    def __init__(self) -> None:
        self._total, self._count = torch.zeros(()), 0

    def add(self, loss: Tensor) -> None:
        """Add one loss."""
        self._total = self._total.to(loss.device) + loss
        self._count += 1

    @property
    def value(self) -> float:
        """The mean so far; 0 before the first loss."""
        return self._total.item() / max(1, self._count)

    def state(self) -> dict[str, Any]:
        """The sum so far."""
        return {"total": self._total, "count": self._count}

    def restore(self, state: dict[str, Any]) -> None:
        """Return to a state()."""
        self._total, self._count = state["total"], state["count"]


def exploration(options: Mapping[str, Any], fraction: float) -> float:
    """Probability of a random action after this fraction of all steps: from 1 in a straight line, then
    constant.
    """
    if fraction >= options["explore_share"]:
        return options["epsilon_last"]
    return 1 - (1 - options["epsilon_last"]) * fraction / options["explore_share"]


def exact_evaluation(
    environment: LoadedEnvironment, world: GridWorld, values: np.ndarray, discount: float
) -> tuple[float, float]:
    """Of the best actions by values (states, actions): mean squared error where they lead, mean return.

    Both are exact. The error is that of the Bellman equation in the states that these actions visit, each
    as often as it is visited.
    """
    policy = values.argmax(1)
    earned, visits = world.expected_return(policy, environment.max_steps)
    states = np.arange(len(policy))
    error = world.backup(values.max(1), discount)[states, policy] - values[states, policy]
    return float(np.average(np.square(error), weights=visits)), earned


def sampled_evaluation(
    environment: LoadedEnvironment, world: GridWorld, values: np.ndarray, discount: float, seed: int
) -> tuple[float, float]:
    """The same two figures of FRESH_EPISODES episodes, sampled from the world's transition probabilities."""
    random = np.random.default_rng(seed)
    policy, best = values.argmax(1), values.max(1)
    state = random.choice(len(world.start), FRESH_EPISODES, p=world.start)
    alive, earned, errors, steps = np.ones(FRESH_EPISODES, bool), 0.0, 0.0, 0
    for _ in range(environment.max_steps):
        action, draws = policy[state], random.random(FRESH_EPISODES)
        outcome = (draws[:, None] >= world.probability[state, action].cumsum(1)[:, :-1]).sum(1)
        reward, ends = world.reward[state, action, outcome], world.ends[state, action, outcome]
        after = world.next_state[state, action, outcome]
        error = reward + discount * np.where(ends, 0.0, best[after]) - best[state]
        earned += float(reward[alive].sum())
        errors += float(np.square(error[alive]).sum())
        steps += int(alive.sum())
        alive &= ~ends
        state = after
        if not alive.any():
            break
    return errors / steps, earned / FRESH_EPISODES


def recent(returns: list[float]) -> float:
    """Mean of the last RECENT_EPISODES returns; 0 before the first episode is over."""
    last = returns[-RECENT_EPISODES:]
    return float(np.mean(last)) if last else 0.0
