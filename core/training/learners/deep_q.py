"""Training by deep Q-learning: a network with a replay memory and a target network."""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.data.environments import LoadedEnvironment
from core.events import Progress
from core.models.q_learning import td_loss
from core.torch_devices import present_device
from core.training.config import TrainConfig
from core.training.learners.building import build, loaded, model_options
from core.training.learners.episodes import VALIDATION_SEED, Play, fresh_episodes
from core.training.learners.learner import Scores
from core.training.learners.q_table import STEPS_PER_EPOCH, Mean, PlayingLearner, exploration, recent
from core.training.learners.replay import Replay
from core.training.optimizers import OPTIMIZERS

WARM_UP = 1000  # transitions in the replay memory before the network begins to learn


class DeepQLearner(PlayingLearner):
    """A deep Q-network between two of its steps; a step plays one action in every world, and then learns from
    one batch of the replay memory.

    The loss is the mean squared temporal difference error. The metric is the mean return of the last 100
    episodes while exploring. The test split is 100 fresh episodes with the best actions alone, and the
    validation split 100 others.
    Source: Mnih et al. 2015.
    """

    def __init__(self, config: TrainConfig) -> None:
        super().__init__(config, present_device(config.device))
        self.options = model_options(config)
        environment = loaded(config)
        assert isinstance(environment, LoadedEnvironment)
        self.environment = environment
        self.scale = np.array(environment.scale, np.float32)
        size, actions = environment.observation_size, len(environment.actions)
        self.network = build(config, (size,), actions).to(self.device)
        self.target = copy.deepcopy(self.network)
        self.optimizer = OPTIMIZERS[config.optimizer].build(self.network.parameters(), config.learning_rate)
        self.returns: list[float] = []
        # Seeds far apart, so that no world of one training is a world of the training with the next seed.
        seeds = [config.seed + world * 2**32 for world in range(self.options["worlds"])]
        self.plays = [Play(environment, seed, self.returns) for seed in seeds]
        self.replay = Replay(self.options["replay"], size)
        self.random = np.random.default_rng([config.seed, 1])
        self.losses = Mean()

    def set_weights(self, numbers: np.ndarray) -> None:
        """Of the network, and of the target network alike."""
        super().set_weights(numbers)
        self.target.load_state_dict(self.network.state_dict())

    @property
    def samples_per_epoch(self) -> int:
        """Steps of the environment, of all worlds together."""
        return self.steps_per_epoch * len(self.plays)

    @property
    def steps_per_epoch(self) -> int:
        """Steps of the network an epoch."""
        return STEPS_PER_EPOCH // len(self.plays)

    def batches(self) -> Iterator[int]:
        """The size of the batch to sample from the replay memory, step by step."""
        self.losses = Mean()
        return iter([self.config.batch_size] * self.steps_per_epoch)

    def learn(self, batch: int) -> Tensor:
        """Play, then one step of the optimiser; its loss, 0 while the replay memory holds too little."""
        self._act(exploration(self.options, self.fraction_done))
        self.schedule(self.optimizer)
        self.step += 1
        if len(self.replay) < WARM_UP:
            return torch.zeros((), device=self.device)
        transitions = self.replay.sample(batch, self.random, self.device)
        loss = td_loss(
            self.network, self.target, transitions, self.options["discount"], self.options["double"]
        )
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        soft_update(self.target, self.network, self.options["target_rate"])
        self.losses.add(loss.detach())
        return loss.detach()

    def _act(self, epsilon: float) -> None:
        """One action in every world: at random with probability epsilon, else the best by the network."""
        worlds = len(self.plays)
        observations = np.stack([play.observation for play in self.plays])
        best = self._values(observations).argmax(1)
        at_random = self.random.integers(len(self.environment.actions), size=worlds)
        actions = np.where(self.random.random(worlds) < epsilon, at_random, best)
        steps = [play.step(action) for play, action in zip(self.plays, actions.tolist(), strict=True)]
        after, rewards, ended = (np.stack(values) for values in zip(*steps, strict=True))
        self.replay.add(observations / self.scale, actions, rewards, after / self.scale, ended)

    @torch.inference_mode()
    def _values(self, observations: np.ndarray) -> np.ndarray:
        """Of observations as they are measured: (n, observation_size) -> (n, actions)."""
        return self.network(torch.from_numpy(observations / self.scale).to(self.device)).cpu().numpy()

    def evaluate(self, progress: Progress) -> Generator[Progress, None, Scores]:
        """Errors and returns while exploring, and those of fresh episodes with the best actions."""
        play = partial(fresh_episodes, self.environment, self._values, self.options["discount"])
        earned, loss = yield from play(self.config.seed, progress)
        validation_earned, validation_loss = None, None
        if self.validates:
            validation_earned, validation_loss = yield from play(self.config.seed + VALIDATION_SEED, progress)
        return Scores(
            *(self.losses.value, recent(self.returns), loss, earned, {}),
            *(validation_loss, validation_earned),
        )

    def state(self) -> dict[str, Any]:
        """Everything that the next steps depend on."""
        return {
            "step": self.step,
            "model": self.network.state_dict(),
            "target": self.target.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "plays": [play.state() for play in self.plays],
            "returns": list(self.returns),
            "replay": self.replay.state(),
            "random": self.random.bit_generator.state,
            "losses": self.losses.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Return to a state()."""
        self.step = state["step"]
        self.network.load_state_dict(state["model"])
        self.target.load_state_dict(state["target"])
        self.optimizer.load_state_dict(state["optimizer"])
        for play, its in zip(self.plays, state["plays"], strict=True):
            play.restore(its)
        self.returns[:] = state["returns"]
        self.replay.restore(state["replay"])
        self.random.bit_generator.state = state["random"]
        self.losses.restore(state["losses"])


@torch.no_grad()
def soft_update(target: nn.Module, network: nn.Module, rate: float) -> None:
    """Move the target network's weights by this fraction of the way to the network's.

    Source: Lillicrap et al. 2016.
    """
    torch._foreach_lerp_([*target.parameters()], [*network.parameters()], rate)
