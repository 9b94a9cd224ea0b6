"""Which of many layers or samples are shown, always the same ones; and what all test samples come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from core.training.learners.building import evaluation_mode
from core.training.learners.supervised import EVALUATION_BATCH, SupervisedLearner

MAX_LAYERS = 12  # of a deep network
MAX_SAMPLES = 100  # of the test split

Item = TypeVar("Item")


def spread(items: Sequence[Item], limit: int = MAX_LAYERS) -> list[Item]:
    """At most so many of the items, evenly spread, first and last among them."""
    if len(items) <= limit:
        return list(items)
    return [items[index] for index in np.linspace(0, len(items) - 1, limit).round().astype(int)]


def shown_samples(learner: SupervisedLearner, limit: int = MAX_SAMPLES) -> Tensor:
    """Numbers of test samples, int64 (n,) on the learner's device, evenly spread."""
    count = len(learner.test_inputs)
    shown = np.unique(np.linspace(0, count - 1, min(limit, count)).round().astype(int))
    return torch.from_numpy(shown).to(learner.device)


def outputs_on_test(learner: SupervisedLearner) -> Tensor:
    """The network's outputs for the whole test split, (samples, outputs, ...).

    What a snapshot counts is then what the test metric counts.
    """
    with evaluation_mode(learner.network):
        return torch.cat(
            [learner.network(portion) for portion in learner.test_inputs.split(EVALUATION_BATCH)]
        )


def as_pixels(inputs: np.ndarray | Tensor) -> np.ndarray:
    """Images (n, channels, height, width) in [0, 1] to be shown: uint8 (n, height, width), or (n, height,
    width, 3) of three channels.
    """
    pixels = np.rint(np.asarray(inputs if isinstance(inputs, np.ndarray) else inputs.cpu()) * 255)
    return (pixels[:, 0] if pixels.shape[1] == 1 else pixels.transpose(0, 2, 3, 1)).astype(np.uint8)
