"""Attention that is shown is that of the first test sample, and what each head reads adds up to 1."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from core.data.sequences import copy_memory, parity
from core.models.transformer import transformer
from core.training.snapshots.layers.attention import attention
from tests.core.training.snapshots.stand_in import stand_in

COPY = copy_memory(50, 3, 6, 0, 0.2)


def test_weights_are_of_each_head_of_each_layer_and_none_reads_ahead() -> None:
    model = transformer((12,), 10, (8,), F.relu, layers=2, heads=4)
    picture = next(attention(stand_in(model, COPY, step=3)))
    weights = picture.arrays["weights"]
    assert weights.shape == (2, 4, 12, 12)
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)
    assert not np.triu(weights, 1).any()
    first = model.attention(torch.from_numpy(COPY.test_inputs[:1]))[1][0].detach()
    np.testing.assert_allclose(weights[1], first, atol=1e-6)
    assert picture.values["steps"] == [COPY.classes[n] for n in COPY.test_inputs[0]]
    assert picture.step == 3
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_sequence_that_ends_early_is_shown_to_its_end() -> None:
    data = parity(100, 20, 0, 0.2)
    steps = int((~np.isnan(data.test_inputs[0, :, 0])).sum())
    picture = next(attention(stand_in(transformer((20, 1), 1, (8,), F.relu), data)))
    assert picture.arrays["weights"].shape == (2, 4, steps, steps)
    assert np.isfinite(picture.arrays["weights"]).all()
    assert set(picture.values["steps"]) <= {"1", "-1"}
