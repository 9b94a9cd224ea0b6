"""Which earlier steps each head of a transformer reads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from core.events import Picture
from core.models.transformer import Transformer
from core.training.learners.building import evaluation_mode
from core.training.learners.supervised import SupervisedLearner

MAX_STEPS = 64


def attention(learner: SupervisedLearner) -> Iterator[Picture]:
    """weights float32 (layers, heads, time, time): of each step on each step up to itself, in each row 1.

    Of the first test sample, at most its first 64 steps. values: steps, the symbol or the numbers read at
    each; features, the names of the numbers.
    """
    model, data = learner.network, learner.data
    assert isinstance(model, Transformer)
    sample = torch.from_numpy(data.test_inputs[:1, :MAX_STEPS]).to(learner.device)
    if sample.is_floating_point():
        sample = sample[:, ~torch.isnan(sample[0]).all(dim=1)]
        steps = [", ".join(f"{number:.2g}" for number in step) for step in sample[0].tolist()]
    else:
        steps = [data.classes[symbol] for symbol in sample[0].tolist()]
    while True:
        with evaluation_mode(model):
            weights = torch.stack([layer[0] for layer in model.attention(sample)])
        arrays = {"weights": weights.float().cpu().numpy().astype(np.float32)}
        yield Picture("attention", learner.step, arrays, {"steps": steps, "features": list(data.features)})
