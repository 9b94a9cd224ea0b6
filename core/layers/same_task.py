"""What an MLP needs for the task of a convolutional network, and what weight sharing saves; no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from core.data import DATASETS
from core.data.dataset import IMAGES, OWN_IMAGES
from core.models import MODELS
from core.models.model import CONVOLUTIONAL
from core.options import filled_in
from core.training.config import TrainConfig, default_config


@dataclass(frozen=True)
class SameTask:
    """The MLP that the Train page would choose for the same images.

    unshared_parameters: of the network itself, were each of its convolutions a fully connected layer between
    the same maps; None where that is not known without the network.
    """

    hidden: tuple[int, ...]
    parameters: int
    unshared_parameters: int | None


def same_task(config: TrainConfig, input_shape: tuple[int, ...], outputs: int) -> SameTask | None:
    """Beside the network of a training on images of this shape; None for a network without convolutions."""
    entry = MODELS[config.model]
    if entry.family != CONVOLUTIONAL or DATASETS[config.data].kind not in (IMAGES, OWN_IMAGES):
        return None
    hidden = default_config("mlp", config.data).hidden
    options = filled_in(entry.options, config.model_options)
    plan = entry.plan(input_shape, outputs, config.hidden, **options) if entry.plan else None
    return SameTask(
        hidden,
        mlp_parameters(input_shape, hidden, outputs),
        plan.unshared_parameters if plan else None,
    )


def mlp_parameters(input_shape: tuple[int, ...], hidden: tuple[int, ...], outputs: int) -> int:
    """Weights and biases of an MLP."""
    sizes = (math.prod(input_shape), *hidden, outputs)
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))
