"""What the loop asks of a training, of whatever family."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Protocol

from torch import Tensor

from core.events import Picture, Progress
from core.training.config import TrainConfig
from core.training.events import TrainingStarted


@dataclass(frozen=True)
class Scores:
    """Losses and metrics, all with the same weights; a larger metric is better.

    Where nothing is held back, test_* are those of fresh samples or episodes. details holds further figures
    by name. finite is False when a loss is NaN or infinite.
    """

    train_loss: float
    train_metric: float
    test_loss: float
    test_metric: float
    details: dict[str, float] = field(default_factory=dict)

    @property
    def finite(self) -> bool:
        """Whether training can go on from here."""
        return isfinite(self.train_loss) and isfinite(self.test_loss)


class Learner(Protocol):
    """One network between two steps of its training.

    Random numbers come from its own generators alone, so that nothing else in the process changes the
    outcome, and drawing pictures takes none of them.
    """

    config: TrainConfig  # the loop replaces it when the learning rate changes: learn() reads it each time
    step: int  # steps done

    @property
    def steps_per_epoch(self) -> int:
        """Steps that batches() gives."""

    @property
    def samples_per_epoch(self) -> int:
        """Samples, or moves of a player, in them."""

    def started(self) -> TrainingStarted:
        """What is about to be trained."""

    def batches(self) -> Iterable[Any]:
        """What one epoch's calls of learn() take, in a new random order. Each may hold several steps."""

    def learn(self, batch: Any) -> Tensor:
        """Learn from a batch; its loss, detached, stays on the device."""

    def evaluate(self, progress: Progress) -> Generator[Progress, None, Scores]:
        """Scores of this moment; yields `progress` often enough to be stopped."""

    def pictures_of_data(self) -> Iterator[Picture]:
        """Pictures that stay as they are, before the first step."""

    def pictures(self) -> Iterator[Picture]:
        """Pictures of this moment."""

    def state(self) -> dict[str, Any]:
        """All that restore() needs to go on with the same numbers: tensors, and plain values."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state()."""
