"""Where the last hidden layer puts samples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from core.events import Picture
from core.training.learners.building import evaluation_mode
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.sampling import shown_samples

MAX_SAMPLES = 200


def embedding(learner: SupervisedLearner) -> Iterator[Picture]:
    """places, two principal components, float32 (n, 2), of what comes into the last layer.

    Of up to 200 test samples; labels int64 (n,). Signs are those that lie nearest to the picture before.
    values: classes; explained, the two components' fractions of the variance.
    """
    shown = shown_samples(learner, MAX_SAMPLES)
    labels = learner.test_targets[shown].long().cpu().numpy()
    before: np.ndarray | None = None
    while True:
        hidden = last_hidden(learner.network, learner.test_inputs[shown])
        places, explained = principal_components(hidden.cpu().double())
        if before is not None:
            places *= np.where((places * before).sum(0) < 0, -1, 1)
        before = places
        arrays = {"places": places.astype(np.float32), "labels": labels}
        values = {"classes": list(learner.data.classes), "explained": explained}
        yield Picture("embedding", learner.step, arrays, values)


def last_hidden(model: nn.Module, inputs: Tensor) -> Tensor:
    """What comes into the network's last fully connected layer, (batch, units)."""
    last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    seen: list[Tensor] = []
    hook = last.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    try:
        with evaluation_mode(model):
            model(inputs)
    finally:
        hook.remove()
    return seen[-1]


def principal_components(rows: Tensor) -> tuple[np.ndarray, list[float]]:
    """Rows (n, units) along their two directions of most variance, (n, 2), and each one's fraction of it.

    What has but one direction has zeros in place of the other.
    """
    centred = rows - rows.mean(0)
    # Smaller than the rows themselves, and with it far faster than their singular values.
    variances, directions = torch.linalg.eigh(centred.T @ centred)
    largest = variances.flip(0)[:2].clamp(min=0)
    places = np.zeros((len(rows), 2))
    places[:, : len(largest)] = (centred @ directions.flip(1)[:, :2]).numpy()
    whole = variances.clamp(min=0).sum().item()
    fractions = [variance / whole if whole else 0.0 for variance in largest.tolist()]
    return places, fractions + [0.0] * (2 - len(fractions))
