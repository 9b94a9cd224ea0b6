"""Training an RBM by contrastive divergence."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import Any

import torch
from torch import Tensor

from core.events import Progress
from core.models.rbm import RBM, bernoulli
from core.torch_devices import present_device
from core.training.config import TrainConfig
from core.training.events import TrainingStarted
from core.training.learners.base import LearnerBase
from core.training.learners.building import build, loaded, model_options
from core.training.learners.learner import Scores
from core.training.optimizers import OPTIMIZERS
from core.training.validation import carve

MAX_TRAINING_SAMPLES = 500  # the training split is only a yardstick here
MAX_UNITS_SUMMED = 12  # of the smaller layer, for the exact likelihood to cost next to nothing
MIN_PROBABILITY = 0.01  # of a pixel, for the first bias


class RBMLearner(LearnerBase):
    """An RBM between two steps of its training; the labels of the data play no part.

    A step follows <v h> of the data less <v h> of chains that ran k steps of Gibbs sampling: from the batch
    itself (CD-k), or from where the last step left them (persistent CD). The loss is the mean squared error
    of a pixel after one way up and down; the metric "explained" is 1 - loss / loss of the mean image.
    """

    def __init__(self, config: TrainConfig) -> None:
        super().__init__(config, present_device(config.device))
        self.options = model_options(config)
        self.data, validation = carve(loaded(config), config)
        self.train = torch.from_numpy(self.data.train_inputs).to(self.device).flatten(1)
        self.test = torch.from_numpy(self.data.test_inputs).to(self.device).flatten(1)
        self.validation = (
            None if validation is None else torch.from_numpy(validation.inputs).to(self.device).flatten(1)
        )
        rbm = build(config, self.data.train_inputs.shape[1:], 0)
        assert isinstance(rbm, RBM)
        self.network: RBM = rbm.to(self.device)
        self.mean_image = self.train.mean(0)
        # Then the weights need not spend their first steps on what every image has (Hinton 2010, section 8).
        likely = self.mean_image.clamp(MIN_PROBABILITY, 1 - MIN_PROBABILITY)
        self.network.visible_bias.data.copy_(torch.logit(likely))
        self.optimizer = OPTIMIZERS[config.optimizer].build(self.network.parameters(), config.learning_rate)
        self.random = torch.Generator().manual_seed(config.seed)
        self.chains = bernoulli(likely.expand(config.batch_size, -1), self.random)

    @property
    def samples_per_epoch(self) -> int:
        """Images of the training split."""
        return len(self.train)

    @property
    def steps_per_epoch(self) -> int:
        """Batches an epoch."""
        return math.ceil(len(self.train) / self.config.batch_size)

    def started(self) -> TrainingStarted:
        """What is about to be trained."""
        return self.announce(
            train_samples=len(self.train),
            test_samples=len(self.test),
            validation_samples=0 if self.validation is None else len(self.validation),
            input_shape=self.data.train_inputs.shape[1:],
            outputs=self.network.weights.shape[1],
            metric="explained",
        )

    def batches(self) -> Iterator[Tensor]:
        """One epoch's batches of images (batch, pixels), in a new random order."""
        order = torch.randperm(len(self.train), generator=self.random).to(self.device)
        return iter(self.train[order].split(self.config.batch_size))

    @torch.no_grad()
    def learn(self, batch: Tensor) -> Tensor:
        """One step of contrastive divergence; the reconstruction error of the batch before it."""
        self.schedule(self.optimizer)
        network, options = self.network, self.options
        hidden = network.hidden_probability(batch)
        loss = (network.visible_probability(hidden) - batch).square().mean()
        states = batch
        if options["visible"] == "sampled":
            states = bernoulli(batch, self.random)
            hidden = network.hidden_probability(states)
        if options["persistent"]:
            model = self.chains = network.gibbs(self.chains, options["k"], self.random)
        else:
            model = network.gibbs(states, options["k"], self.random, hidden)
        network.set_gradients(states, model, hidden)
        self.optimizer.step()
        self.step += 1
        return loss

    def evaluate(self, progress: Progress) -> Generator[Progress, None, Scores]:
        """Reconstruction errors; details hold the difference of mean free energies, which grows when the
        machine overfits its training split, and the exact log-likelihood where it can be had.
        """
        some = self.train[:: math.ceil(len(self.train) / MAX_TRAINING_SAMPLES)]
        train_loss, train_metric = self._score(some)
        yield progress
        test_loss, test_metric = self._score(self.test)
        yield progress
        with torch.inference_mode():
            gap = self.network.free_energy(self.test).mean() - self.network.free_energy(some).mean()
            details = {"free_energy_gap": gap.item()}
            if min(self.network.weights.shape) <= MAX_UNITS_SUMMED:
                details["log_likelihood"] = self.network.log_likelihood(self.test)
        validation = (None, None) if self.validation is None else self._score(self.validation)
        return Scores(train_loss, train_metric, test_loss, test_metric, details, *validation)

    @torch.inference_mode()
    def _score(self, images: Tensor) -> tuple[float, float]:
        loss = (self.network.reconstruct(images) - images).square().mean()
        of_mean_image = (images - self.mean_image).square().mean()
        return loss.item(), (1 - loss / of_mean_image).item()

    def state(self) -> dict[str, Any]:
        """Everything that the next steps depend on."""
        return {
            "step": self.step,
            "model": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": self.random.get_state(),
            "chains": self.chains,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Return to a state()."""
        self.step = state["step"]
        self.network.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.random.set_state(state["random"])
        self.chains = state["chains"].to(self.device)
