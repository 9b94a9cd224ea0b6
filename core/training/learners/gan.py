"""Training a GAN: generator and discriminator in turn."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.data.mixtures import LoadedMixture
from core.events import Picture, Progress
from core.models.gan import GAN, discriminator_loss, generator_loss
from core.torch_devices import present_device
from core.training.config import TrainConfig
from core.training.events import TrainingStarted
from core.training.learners import mode_coverage
from core.training.learners.building import build, loaded, model_options, shapes_of
from core.training.learners.learner import Scores
from core.training.learners.mode_coverage import Coverage
from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES

SCORED_POINTS, SCORED_IMAGES = 2500, 500
MAX_TRAINING_SAMPLES = 500
SHOWN_POINTS, SHOWN_IMAGES = 600, 24
GRID = 80  # cells of the discriminator's map along each axis
MARGIN = 0.35  # around the points, as a share of their extent
ADAM_MOMENTUM = 0.5  # 0.9 makes the two swing around each other (Radford, Metz & Chintala 2016)


class GANLearner:
    """A GAN between two steps of its training; labels are used only to tell what the samples cover.

    Each step teaches the discriminator one batch, and every critic_steps-th step the generator as well. The
    loss is the discriminator's. The metric "modes" counts the modes of a mixture, or the classes of images,
    that the samples cover; training part and held back differ for images in the real ones compared with.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.config, self.step = config, 0
        self.device = present_device(config.device)
        self.options = model_options(config)
        self.data = loaded(config)
        self.train = torch.from_numpy(self.data.train_inputs).to(self.device)
        self.test = torch.from_numpy(self.data.test_inputs).to(self.device)
        gan = build(config, self.data.train_inputs.shape[1:], 0)
        assert isinstance(gan, GAN)
        self.gan = gan.to(self.device)
        self.optimizers = [
            OPTIMIZERS[config.optimizer].build(part.parameters(), config.learning_rate)
            for part in (self.gan.discriminator, self.gan.generator)
        ]
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                if "betas" in group:
                    group["betas"] = (ADAM_MOMENTUM, group["betas"][1])
        self.random = torch.Generator().manual_seed(config.seed)
        if not isinstance(self.data, LoadedMixture):
            self.near = mode_coverage.reference_distance(self.test, self.train)

    @property
    def samples_per_epoch(self) -> int:
        """Samples of the training part."""
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
        shapes = shapes_of(self.gan)
        return TrainingStarted(
            model=self.config.model,
            data=self.config.data,
            seed=self.config.seed,
            device=self.config.device,
            parameters=sum(math.prod(shape) for shape in shapes.values()),
            shapes=shapes,
            train_samples=len(self.train),
            test_samples=len(self.test),
            input_shape=self.gan.sample_shape,
            outputs=self.gan.latent,
            epochs=self.config.epochs,
            steps_per_epoch=self.steps_per_epoch,
            metric="modes",
        )

    def batches(self) -> Iterator[Tensor]:
        """One epoch's batches of real samples (batch, *sample_shape), in a new random order."""
        order = torch.randperm(len(self.train), generator=self.random).to(self.device)
        return iter(self.train[order].split(self.config.batch_size))

    def learn(self, batch: Tensor) -> Tensor:
        """One step of the discriminator, and when it is its turn of the generator; the former's loss."""
        share = self.step / (self.config.epochs * self.steps_per_epoch)
        rate = self.config.learning_rate * SCHEDULES[self.config.schedule].factor(share)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        of_discriminator, of_generator = self.optimizers
        with torch.no_grad():
            fake = self.gan(self.gan.noise(len(batch), self.random))
        loss = self._discriminator_loss(batch, fake, self.random)
        of_discriminator.zero_grad()
        loss.backward()
        of_discriminator.step()
        self.step += 1
        if self.step % self.options["critic_steps"] == 0:
            fake = self.gan(self.gan.noise(len(batch), self.random))
            of_generator.zero_grad()
            generator_loss(self.gan, fake, self.options["loss"]).backward()
            of_generator.step()
        return loss.detach()

    def _discriminator_loss(self, real: Tensor, fake: Tensor, random: torch.Generator) -> Tensor:
        return discriminator_loss(self.gan, real, fake, self.options["loss"], self.options["penalty"], random)

    def evaluate(self, progress: Progress) -> Generator[Progress, None, Scores]:
        """The discriminator's loss on real samples of either part, and what the generator's samples cover.

        details: good, the share of samples that lie where the target does, and the generator's loss.
        """
        yield progress
        apart = torch.Generator().manual_seed(self.config.seed)  # not the one that the training draws from
        points = isinstance(self.data, LoadedMixture)
        with torch.no_grad():
            samples = self.gan(self.gan.noise(SCORED_POINTS if points else SCORED_IMAGES, apart))
            generator = generator_loss(self.gan, samples, self.options["loss"]).item()
        losses = []
        for real in (self.train[:MAX_TRAINING_SAMPLES], self.test[:MAX_TRAINING_SAMPLES]):
            count = min(len(real), len(samples))
            losses.append(self._discriminator_loss(real[:count], samples[:count], apart).item())
        yield progress
        on_train = self._coverage(samples, "train")
        yield progress
        on_test = on_train if points else self._coverage(samples, "test")
        details = {"good": on_test.good, "generator_loss": generator}
        return Scores(losses[0], on_train.modes, losses[1], on_test.modes, details)

    def _coverage(self, samples: Tensor, part: str) -> Coverage:
        data = self.data
        if isinstance(data, LoadedMixture):
            centres = torch.from_numpy(data.centres).to(self.device)
            return mode_coverage.of_mixture(samples, centres, data.standard_deviation)
        real, labels = (self.train, data.train_targets) if part == "train" else (self.test, data.test_targets)
        return mode_coverage.of_classes(
            samples, real, torch.from_numpy(labels).to(self.device), self.modes, self.near
        )

    def pictures_of_data(self) -> Iterator[Picture]:
        """ "target": real, float32 (n, 2), of a mixture; none of images."""
        if isinstance(self.data, LoadedMixture):
            yield Picture("target", 0, {"real": self.data.test_inputs[:SHOWN_POINTS]})

    def pictures(self) -> Iterator[Picture]:
        """ "generated" of a mixture, "samples" of images.

        generated: points float32 (n, 2), and how real the discriminator holds each place, float32
        (GRID, GRID) in [-1, 1], row 0 at the top; 0 is the mean of its scores. values: x_min, x_max, y_min,
        y_max, modes (covered), of. samples: images uint8 (n, height, width). The noise is always the same.
        """
        apart = torch.Generator().manual_seed(self.config.seed)
        if isinstance(self.data, LoadedMixture):
            with torch.no_grad():
                samples = self.gan(self.gan.noise(SCORED_POINTS, apart))
            yield self._generated(samples)
        else:
            with torch.no_grad():
                samples = self.gan(self.gan.noise(SHOWN_IMAGES, apart))
            pixels = (255 * samples[:, 0]).round().to(torch.uint8).cpu().numpy()
            yield Picture("samples", self.step, {"images": pixels})

    def _generated(self, samples: Tensor) -> Picture:
        low, high = self.train.amin(0), self.train.amax(0)
        low, high = low - MARGIN / 2 * (high - low), high + MARGIN / 2 * (high - low)
        half = (high - low) / GRID / 2
        x = torch.linspace(float(low[0] + half[0]), float(high[0] - half[0]), GRID)
        y = torch.linspace(float(high[1] - half[1]), float(low[1] + half[1]), GRID)
        places = torch.stack([x.expand(GRID, GRID), y[:, None].expand(GRID, GRID)], -1).reshape(-1, 2)
        with torch.no_grad():
            score = self.gan.score(places.to(self.device)).reshape(GRID, GRID)
        score = score - score.mean()
        covered = self._coverage(samples, "train").modes
        bounds = {"x_min": low[0], "x_max": high[0], "y_min": low[1], "y_max": high[1]}
        values = {name: float(value) for name, value in bounds.items()}
        arrays = {
            "points": samples[:SHOWN_POINTS].cpu().numpy(),
            "realness": (score / score.abs().max().clamp(min=1e-9)).cpu().numpy().astype(np.float32),
        }
        return Picture("generated", self.step, arrays, values | {"modes": covered, "of": self.modes})

    def state(self) -> dict[str, Any]:
        """Everything that the next steps depend on."""
        return {
            "step": self.step,
            "model": self.gan.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "random": self.random.get_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state()."""
        self.step = state["step"]
        self.gan.load_state_dict(state["model"])
        for optimizer, its in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(its)
        self.random.set_state(state["random"])
