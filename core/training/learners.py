"""Every way in which a network can learn. To add one, add an entry; a model names its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.lazy import LazyModule
from core.models import MODELS

if TYPE_CHECKING:
    from core.training import supervised
    from core.training.config import TrainConfig
    from core.training.learner import Learner
else:
    supervised = LazyModule("core.training.supervised")

LEARNERS: dict[str, Callable[[TrainConfig], Learner]] = {
    "supervised": lambda config: supervised.SupervisedLearner(config),
}


def learner_for(config: TrainConfig) -> Learner:
    """The learner of the config's network, with its data loaded.

    Raises InvalidRequest when the device cannot be used.
    """
    return LEARNERS[MODELS[config.model].learner](config)
