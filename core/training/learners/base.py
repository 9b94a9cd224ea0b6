"""What every learner does alike: the learning-rate schedule, and the event that announces the start."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import nn, optim

from core.training import weights
from core.training.config import TrainConfig
from core.training.events import TrainingStarted
from core.training.learners.building import shapes_of
from core.training.schedules import learning_rate


class LearnerBase:
    """A config, a network on a device, and the number of steps done."""

    engine = "eager"
    engine_reason: str | None = None  # why not compiled, where that was tried
    sample_unit = "samples"
    changeable: tuple[str, ...] = ("learning_rate",)
    network: nn.Module

    def __init__(self, config: TrainConfig, device: torch.device) -> None:
        self.config, self.device, self.step = config, device, 0

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch; each kind of learning has its own."""
        raise NotImplementedError

    @property
    def fraction_done(self) -> float:
        """Of all steps, before the next one."""
        return self.step / (self.config.epochs * self.steps_per_epoch)

    def split_at(self, batch: Any, step: int | None) -> tuple[Any, Any]:
        """Nothing is left of a batch that is one step."""
        return batch, None

    def set_weights(self, numbers: np.ndarray) -> None:
        """Set the network's numbers to those of a frame; the rest stays as it is.

        Raises InvalidRequest where their count is another one.
        """
        weights.from_array(self.network, numbers)

    def scheduled_rate(self) -> float:
        """The learning rate of the next step."""
        steps = self.config.epochs * self.steps_per_epoch
        return learning_rate(self.step, steps, self.config.schedule, self.config.learning_rate)

    def schedule(self, *optimizers: optim.Optimizer) -> None:
        """Give optimisers the learning rate of the next step."""
        rate = self.scheduled_rate()
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate

    def announce(
        self,
        train_samples: int,
        test_samples: int,
        input_shape: tuple[int, ...],
        outputs: int,
        metric: str,
        **more: Any,
    ) -> TrainingStarted:
        """The event that says what is about to be trained; `more` are further fields of it."""
        config, shapes = self.config, shapes_of(self.network)
        return TrainingStarted(
            model=config.model,
            data=config.data,
            seed=config.seed,
            device=config.device,
            parameters=sum(math.prod(shape) for shape in shapes.values()),
            shapes=shapes,
            train_samples=train_samples,
            test_samples=test_samples,
            input_shape=input_shape,
            outputs=outputs,
            epochs=config.epochs,
            steps_per_epoch=self.steps_per_epoch,
            metric=metric,
            engine=self.engine,
            engine_reason=self.engine_reason,
            sample_unit=self.sample_unit,
            **more,
        )
