"""The MLP's presets solve the sets of points that are hard for small networks."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core.training.config import default_config
from core.training.learners.registry import learner_for
from core.training.learners.supervised import SupervisedLearner


def solved(data: str, seed: int, **settings: Any) -> float:
    """Share of right answers on the test part, counted by hand, after training with the preset."""
    learner = learner_for(default_config("mlp", data, seed=seed, **settings))
    assert isinstance(learner, SupervisedLearner)
    for _ in range(learner.config.epochs):
        for batch in learner.batches():
            learner.learn(batch)
    with torch.no_grad():
        outputs = learner.network(learner.test_inputs)
    answers = (outputs[:, 0] > 0).long() if outputs.shape[1] == 1 else outputs.argmax(1)
    return float((answers.numpy() == learner.data.test_targets).mean())


def test_spiral_of_x_and_y_is_solved_by_two_layers_of_eight_for_nine_seeds_of_ten() -> None:
    assert default_config("mlp", "spiral").hidden == (8, 8)
    assert sum(solved("spiral", seed) >= 0.96 for seed in range(10)) >= 9


@pytest.mark.parametrize("seed", range(3))
def test_spiral_of_sines_is_solved_in_less_training(seed: int) -> None:
    assert solved("spiral", seed, epochs=40, data_options={"features": "sine"}) >= 0.96


@pytest.mark.parametrize(
    ("data", "options"),
    [
        ("spiral", {"arms": 3}),
        ("gaussians", {"classes": 8}),
        ("checkerboard", {}),
        ("checkerboard", {"features": "sine"}),
    ],
)
def test_many_classes_and_squares_are_classified(data: str, options: dict[str, Any]) -> None:
    assert solved(data, 0, data_options=options) >= 0.95
