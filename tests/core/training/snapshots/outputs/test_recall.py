"""Recall shows the network's likeliest symbols."""

from __future__ import annotations

import numpy as np
import torch

from core.data.sequences import copy_memory
from core.models.recurrent import network
from core.training.snapshots.outputs.recall import recall
from tests.core.training.snapshots.stand_in import stand_in


def test_recall_shows_the_likeliest_symbol() -> None:
    data = copy_memory(100, 3, 8, 0, 0.2)
    model = network("gru", (14,), 10, 6)
    picture = next(recall(stand_in(model, data)))
    expected = model(torch.from_numpy(data.test_inputs[:8])).argmax(1)
    np.testing.assert_array_equal(picture.arrays["answers"], expected)
