"""Generated text continues the test part's, the same at the same step."""

from __future__ import annotations

import torch

from core.data.text import python_help
from core.models.recurrent import network
from core.training.snapshots.generative.generated_text import generated_text
from tests.core.training.snapshots.stand_in import stand_in


def test_writing_repeats_and_leaves_the_random_numbers_of_training_alone() -> None:
    data = python_help(20_000, 50, 0, 0.2)
    learner = stand_in(network("gru", (50,), len(data.classes), 6), data, step=7)
    before = torch.random.get_rng_state()
    snapshots = generated_text(learner)
    written = next(snapshots)
    assert torch.equal(before, torch.random.get_rng_state())
    assert next(snapshots).values == written.values
    learner.step = 8
    assert next(snapshots).values != written.values
    assert len(written.values["text"]) == 240
    assert written.values["prompt"] == "".join(data.classes[n] for n in data.test_inputs[0, :20])
