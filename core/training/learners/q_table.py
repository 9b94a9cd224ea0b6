"""Training by Q-learning with a table, and what deep Q-learning shares with it."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.data.environments import GridWorld, LoadedEnvironment
from core.errors import InvalidRequest
from core.events import Picture, Progress
from core.models.q_learning import QTable
from core.training.config import TrainConfig
from core.training.events import TrainingStarted
from core.training.learners.building import build, loaded, model_options, shapes_of
from core.training.learners.episodes import TEST_EPISODES, Play
from core.training.learners.learner import Scores
from core.training.schedules import SCHEDULES
from core.training.snapshots.q_pictures import episode_returns, value_map

STEPS_PER_EPOCH = 1000  # of the environment; above the longest episode, so that one ends in every epoch
RECENT_EPISODES = 100


class TableLearner:
    """A Q table between two stretches of batch_size steps of its environment, each step learnt from at once.

    The loss is the mean squared temporal difference error. The metric is the mean return (on a lake: the
    share of successes) of the last 100 episodes while exploring, and "held back" what the best actions
    earn, exactly, by the rules of the world.
    """

    def __init__(self, config: TrainConfig) -> None:
        if config.device != "cpu":
            raise InvalidRequest(
                f"A table learns on the CPU, not on {config.device!r}: it changes by numbers."
            )
        self.config, self.step = config, 0
        self.options = model_options(config)
        environment = loaded(config)
        assert isinstance(environment, LoadedEnvironment)
        assert environment.world is not None
        self.environment, self.world = environment, environment.world
        table = build(config, (environment.observation_size,), len(environment.actions))
        assert isinstance(table, QTable)
        self.table = table
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

    def started(self) -> TrainingStarted:
        """What is about to be trained."""
        return training_started(self.config, self.environment, self.table, self.steps_per_epoch)

    def batches(self) -> Iterator[int]:
        """How many steps of the environment to take, stretch by stretch."""
        self.losses = Mean()
        left = STEPS_PER_EPOCH
        while left > 0:
            yield min(left, self.config.batch_size)
            left -= self.config.batch_size

    def learn(self, batch: int) -> Tensor:
        """Take `batch` steps and learn from each; the mean squared error of the stretch."""
        share = self.step / (self.config.epochs * self.steps_per_epoch)
        rate = self.config.learning_rate * SCHEDULES[self.config.schedule].factor(share)
        discount, values = self.options["discount"], self.values
        explores = self.random.random(batch) < exploration(self.options, share)
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
        """Errors and returns; see the class."""
        yield progress
        loss, earned = exact_evaluation(self.environment, self.world, self.values, self.options["discount"])
        return Scores(self.losses.value, recent(self.returns), loss, earned)

    def pictures_of_data(self) -> Iterator[Picture]:
        """None: the value map shows the world."""
        return iter(())

    def pictures(self) -> Iterator[Picture]:
        """ "value_map" and "episode_returns"."""
        yield value_map(self.step, self.environment, self.world, self.values)
        yield from episode_returns(self.step, self.returns)

    def state(self) -> dict[str, Any]:
        """Everything that the next steps depend on."""
        return {
            "step": self.step,
            "model": self.table.state_dict(),
            "play": self.play.state(),
            "returns": list(self.returns),
            "random": self.random.bit_generator.state,
            "losses": self.losses.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state()."""
        self.step = state["step"]
        self.table.load_state_dict(state["model"])  # copies into the memory that values shares
        self.play.restore(state["play"])
        self.returns[:] = state["returns"]
        self.random.bit_generator.state = state["random"]
        self.losses.restore(state["losses"])


class Mean:
    """The mean of an epoch's losses, which stay on their device until it is asked for."""

    def __init__(self) -> None:
        self._total, self._count = torch.zeros(()), 0

    def add(self, loss: Tensor) -> None:
        """Take one more loss in."""
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
        """Go on from a state()."""
        self._total, self._count = state["total"], state["count"]


def exploration(options: Mapping[str, Any], share: float) -> float:
    """Probability of a random action at a share of all steps: from 1 in a straight line, then constant."""
    if share >= options["explore_share"]:
        return options["epsilon_last"]
    return 1 - (1 - options["epsilon_last"]) * share / options["explore_share"]


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


def recent(returns: list[float]) -> float:
    """Mean of the last RECENT_EPISODES returns; 0 before the first episode is over."""
    last = returns[-RECENT_EPISODES:]
    return float(np.mean(last)) if last else 0.0


def training_started(
    config: TrainConfig, environment: LoadedEnvironment, model: nn.Module, steps_per_epoch: int
) -> TrainingStarted:
    """The event that says what is about to be trained."""
    shapes = shapes_of(model)
    return TrainingStarted(
        model=config.model,
        data=config.data,
        seed=config.seed,
        device=config.device,
        parameters=sum(math.prod(shape) for shape in shapes.values()),
        shapes=shapes,
        train_samples=STEPS_PER_EPOCH,
        test_samples=TEST_EPISODES,
        input_shape=(environment.observation_size,),
        outputs=len(environment.actions),
        epochs=config.epochs,
        steps_per_epoch=steps_per_epoch,
        metric=environment.task,
    )
