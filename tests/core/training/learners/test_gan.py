"""A GAN finds the modes of its target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.training.config import TrainConfig, default_config
from core.training.learners.gan import GANLearner
from tests.core.training.resuming import assert_reproducible_and_resumable, epoch, pictures, scores


def config(data: str = "ring", **more: Any) -> TrainConfig:
    return default_config("gan", data, **more)


@pytest.mark.slow
def test_preset_covers_at_least_six_of_eight_modes() -> None:
    learner = GANLearner(config())
    assert scores(learner).test_metric < 6
    for _ in range(learner.config.epochs):
        epoch(learner)
    assert scores(learner).test_metric >= 6


@pytest.mark.parametrize(
    ("data", "loss"),
    [
        ("ring", "non_saturating"),
        ("ring", "wasserstein_gp"),
        ("digits", "non_saturating"),
        pytest.param("digits", "wasserstein_gp", marks=pytest.mark.slow),
    ],
)
def test_same_seed_same_numbers_and_a_restored_one_resumes(data: str, loss: str) -> None:
    more = {"samples": 300} if data == "ring" else {}
    options = {"loss": loss, "critic_steps": 2}
    assert_reproducible_and_resumable(
        lambda: GANLearner(config(data, hidden=(8,), batch_size=120, epochs=3, model_options=options, **more))
    )


def test_a_step_of_the_critic_leaves_the_generator_alone_until_its_turn() -> None:
    learner = GANLearner(config(samples=1000, model_options={"critic_steps": 3}))
    before = learner.network.generator.layers[0].weight.clone()
    batches = iter(learner.batches())
    for step in (1, 2, 3):
        learner.learn(next(batches))
        changed = not torch.equal(before, learner.network.generator.layers[0].weight)
        assert changed == (step == 3)


def test_discriminator_map_has_its_row_0_at_the_top() -> None:
    learner = GANLearner(config(samples=300, hidden=()))
    with torch.no_grad():
        learner.network.discriminator.layers[0].weight.copy_(torch.tensor([[0.0, 1.0]]))  # higher is realer
    picture = pictures(learner)["generated"]
    realness = picture.arrays["realness"]
    assert (np.diff(realness[:, 0]) < 0).all()
    np.testing.assert_allclose(realness[:, 0], realness[:, -1], atol=1e-6)
    assert picture.values["y_min"] < -2 < 2 < picture.values["y_max"]
    assert picture.values["of"] == 8


def test_images_come_out_as_pixels() -> None:
    learner = GANLearner(config("digits", hidden=(16,)))
    images = pictures(learner)["samples"].arrays["images"]
    assert images.shape == (24, 8, 8)
    assert images.dtype == np.uint8
