"""Training a GAN: generator and discriminator in turn."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.data.mixtures import LoadedMixture
from core.events import Progress
from core.models.gan import GAN, discriminator_loss, generator_loss
from core.torch_devices import present_device
from core.training.config import TrainConfig
from core.training.events import TrainingStarted
from core.training.learners import mode_coverage
from core.training.learners.base import LearnerBase
from core.training.learners.building import build, loaded, model_options
from core.training.learners.learner import Scores
from core.training.learners.mode_coverage import Coverage
from core.training.optimizers import OPTIMIZERS
from core.training.validation import carve

SCORED_POINTS, SCORED_IMAGES = 2500, 500
MAX_TRAINING_SAMPLES = 500
ADAM_MOMENTUM = 0.5  # 0.9 makes the two swing around each other (Radford, Metz & Chintala 2016)


class GANLearner(LearnerBase):
    """A GAN between two steps of its training; labels are used only to count what the samples cover.

    Each step teaches the discriminator one batch, and every critic_steps-th step the generator as well. The
    loss is the discriminator's. The metric "modes" counts the modes of a mixture, or the classes of images,
    that the samples cover; for images the parts differ in the real ones compared with.
    """

    def __init__(self, config: TrainConfig) -> None:
        super().__init__(config, present_device(config.device))
        self.options = model_options(config)
        self.data, self.split = carve(loaded(config), config)
        self.train = torch.from_numpy(self.data.train_inputs).to(self.device)
        self.test = torch.from_numpy(self.data.test_inputs).to(self.device)
        self.validation = None if self.split is None else torch.from_numpy(self.split.inputs).to(self.device)
        gan = build(config, self.data.train_inputs.shape[1:], 0)
        assert isinstance(gan, GAN)
        self.network: GAN = gan.to(self.device)
        self.optimizers = [
            OPTIMIZERS[config.optimizer].build(part.parameters(), config.learning_rate)
            for part in (self.network.discriminator, self.network.generator)
        ]
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                if "betas" in group:
                    group["betas"] = (ADAM_MOMENTUM, group["betas"][1])
        self.random = torch.Generator().manual_seed(config.seed)
        if not isinstance(self.data, LoadedMixture):
            # Of unseen images; with a validation split no choice may depend on the test split.
            unseen = self.test if self.validation is None else self.validation
            self.near = mode_coverage.reference_distance(unseen, self.train)

    @property
    def samples_per_epoch(self) -> int:
        """Samples of the training split."""
        return len(self.train)

    @property
    def steps_per_epoch(self) -> int:
        """Batches an epoch."""
        return math.ceil(len(self.train) / self.config.batch_size)

    @property
    def modes(self) -> int:
        """Modes, or classes, that there are to cover."""
        return len(self.data.centres if isinstance(self.data, LoadedMixture) else self.data.classes)

    def started(self) -> TrainingStarted:
        """What is about to be trained."""
        return self.announce(
            train_samples=len(self.train),
            test_samples=len(self.test),
            validation_samples=0 if self.validation is None else len(self.validation),
            input_shape=self.network.sample_shape,
            outputs=self.network.latent,
            metric="modes",
        )

    def batches(self) -> Iterator[Tensor]:
        """One epoch's batches of real samples (batch, *sample_shape), in a new random order."""
        order = torch.randperm(len(self.train), generator=self.random).to(self.device)
        return iter(self.train[order].split(self.config.batch_size))

    def learn(self, batch: Tensor) -> Tensor:
        """One step of the discriminator, and when it is its turn of the generator; the former's loss."""
        self.schedule(*self.optimizers)
        of_discriminator, of_generator = self.optimizers
        with torch.no_grad():
            fake = self.network(self.network.noise(len(batch), self.random))
        loss = self._discriminator_loss(batch, fake, self.random)
        of_discriminator.zero_grad()
        loss.backward()
        of_discriminator.step()
        self.step += 1
        if self.step % self.options["critic_steps"] == 0:
            fake = self.network(self.network.noise(len(batch), self.random))
            of_generator.zero_grad()
            generator_loss(self.network, fake, self.options["loss"]).backward()
            of_generator.step()
        return loss.detach()

    def _discriminator_loss(self, real: Tensor, fake: Tensor, random: torch.Generator) -> Tensor:
        return discriminator_loss(
            self.network, real, fake, self.options["loss"], self.options["penalty"], random
        )

    def evaluate(self, progress: Progress) -> Generator[Progress, None, Scores]:
        """The discriminator's loss on real samples of each split, and what the generator's samples cover.

        details: precision, the fraction of samples near the target, and the generator's loss.
        """
        yield progress
        random = torch.Generator().manual_seed(self.config.seed)  # not the generator of the training
        is_mixture = isinstance(self.data, LoadedMixture)
        with torch.no_grad():
            count = SCORED_POINTS if is_mixture else SCORED_IMAGES
            samples = self.network(self.network.noise(count, random))
            generator = generator_loss(self.network, samples, self.options["loss"]).item()
        losses = [self._loss_on(real, samples, random) for real in (self.train, self.test)]
        yield progress
        on_train = self.coverage(samples, self.train, None if is_mixture else self.data.train_targets)
        yield progress
        on_test = on_train
        if not is_mixture:
            on_test = self.coverage(samples, self.test, self.data.test_targets)
        details = {"precision": on_test.precision, "generator_loss": generator}
        validation: tuple[float | None, float | None] = (None, None)
        if self.validation is not None:
            assert self.split is not None
            covered = self.coverage(samples, self.validation, self.split.targets)
            validation = self._loss_on(self.validation, samples, random), covered.modes
        return Scores(losses[0], on_train.modes, losses[1], on_test.modes, details, *validation)

    def _loss_on(self, real: Tensor, samples: Tensor, random: torch.Generator) -> float:
        """The discriminator's loss on as many real samples as generated ones."""
        count = min(len(real), MAX_TRAINING_SAMPLES, len(samples))
        return self._discriminator_loss(real[:count], samples[:count], random).item()

    def coverage(self, samples: Tensor, real: Tensor, labels: np.ndarray | None) -> Coverage:
        """Modes that generated samples cover, or the classes of the real images that they are nearest to.

        samples (n, ...); real (m, ...) and labels (m,) play no part where the modes are known.
        """
        data = self.data
        if isinstance(data, LoadedMixture):
            centres = torch.from_numpy(data.centres).to(self.device)
            return mode_coverage.mixture_coverage(samples, centres, data.standard_deviation)
        assert labels is not None
        return mode_coverage.class_coverage(
            samples, real, torch.from_numpy(labels).to(self.device), self.modes, self.near
        )

    def state(self) -> dict[str, Any]:
        """Everything that the next steps depend on."""
        return {
            "step": self.step,
            "model": self.network.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "random": self.random.get_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Return to a state()."""
        self.step = state["step"]
        self.network.load_state_dict(state["model"])
        for optimizer, its in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(its)
        self.random.set_state(state["random"])
