"""What the loop, the snapshots and the export ask of a training, of whatever family."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from core.events import Progress
from core.training.config import TrainConfig
from core.training.events import TrainingStarted


@dataclass(frozen=True)
class Scores:
    """Losses and metrics, all with the same weights; a larger metric is better.

    Where there is no test split, test_* are those of fresh samples or episodes.
    """

    train_loss: float
    train_metric: float
    test_loss: float
    test_metric: float
    details: dict[str, float] = field(default_factory=dict)  # further figures of the test split, by name
    validation_loss: float | None = None  # None where there is no validation split
    validation_metric: float | None = None

    @property
    def finite(self) -> bool:
        """Whether training can continue from here: no loss is NaN or infinite."""
        losses = (self.train_loss, self.test_loss, self.validation_loss)
        return all(loss is None or isfinite(loss) for loss in losses)


class Learner(Protocol):
    """One network between two steps of its training.

    Random numbers come from its own generators alone, so that nothing else in the process changes the
    outcome, and drawing pictures uses none of them.
    """

    config: TrainConfig  # the loop replaces it when a setting changes: learn() reads it each time
    step: int  # steps done

    @property
    def device(self) -> torch.device:
        """Where the network is."""

    @property
    def network(self) -> nn.Module:
        """What is trained, whole: its parameters are what an export holds."""

    @property
    def changeable(self) -> tuple[str, ...]:
        """Settings that may change while it trains; a change applies from the next step on."""

    @property
    def steps_per_epoch(self) -> int:
        """Steps that batches() gives."""

    @property
    def samples_per_epoch(self) -> int:
        """How many of its sample_unit are in them."""

    @property
    def sample_unit(self) -> str:
        """What it passes over, in the plural: "samples", "nodes" or "environment steps"."""

    def started(self) -> TrainingStarted:
        """What is about to be trained."""

    def set_weights(self, numbers: np.ndarray) -> None:
        """Set the network's numbers to those of a frame; the rest stays as it is."""

    def batches(self) -> Iterable[Any]:
        """What one epoch's calls of learn() take, in a new random order. Each may hold several steps."""

    def split_at(self, batch: Any, step: int | None) -> tuple[Any, Any]:
        """What of a batch comes before this step, and what is left of it (None for nothing)."""

    def learn(self, batch: Any) -> Tensor:
        """Learn from a batch; its loss, detached, stays on the device."""

    def evaluate(self, progress: Progress) -> Generator[Progress, None, Scores]:
        """Scores of this moment; yields `progress` often enough to be stopped."""

    def state(self) -> dict[str, Any]:
        """All that restore() needs to resume with the same numbers: tensors, and plain values."""

    def restore(self, state: dict[str, Any]) -> None:
        """Return to a state()."""
