"""Predictions of sequences are the network's."""

from __future__ import annotations

import numpy as np
import torch

from core.data.sequences import adding_problem
from core.models.recurrent import network
from core.training.snapshots.outputs.answers import answers
from tests.core.training.snapshots.stand_in import stand_in

ADDING = adding_problem(100, 20, 0, 0.2)


def test_predictions_are_the_networks() -> None:
    model = network("lstm", (20, 2), 1, 6)
    picture = next(answers(stand_in(model, ADDING)))
    expected = model(torch.from_numpy(ADDING.test_inputs))[:, 0].detach()
    np.testing.assert_allclose(picture.arrays["answer"], expected, atol=1e-6)
    np.testing.assert_array_equal(picture.arrays["truth"], ADDING.test_targets)
