"""An RBM learns digits by contrastive divergence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.training.config import TrainConfig, default_config
from core.training.learners.rbm import RBMLearner
from tests.core.training.resuming import assert_reproducible_and_resumable, epoch, pictures, scores


def config(**more: Any) -> TrainConfig:
    options = {name: more.pop(name) for name in ("k", "persistent", "visible") if name in more}
    return default_config("rbm", "digits", model_options=options, **more)


@pytest.fixture(scope="module")
def trained() -> tuple[RBMLearner, list[float]]:
    """An RBM of 64 hidden units after its preset, and its reconstruction error after each epoch."""
    learner = RBMLearner(config())
    errors = []
    for _ in range(learner.config.epochs):
        epoch(learner)
        errors.append(scores(learner).test_loss)
    return learner, errors


def test_reconstruction_error_falls_steadily_and_far_below_the_mean_image(trained) -> None:
    learner, errors = trained
    assert learner.network.weights.shape == (64, 64)
    assert errors[::8] == sorted(errors[::8], reverse=True)
    assert scores(learner).test_metric > 0.7


def test_filters_are_strokes_smooth_and_local(trained) -> None:
    """Neighbouring pixels of a stroke go together, and those of noise do not."""
    learner, _ = trained
    filters = pictures(learner)["filters"].arrays["weights"]
    assert filters.shape == (64, 8, 8)
    untrained = pictures(RBMLearner(config()))["filters"].arrays["weights"]
    assert correlation_of_neighbours(filters) > 0.15
    assert abs(correlation_of_neighbours(untrained)) < 0.1


def correlation_of_neighbours(filters: np.ndarray) -> float:
    """Correlation of vertically adjacent weights, over the middle columns where the ink is."""
    upper, lower = filters[:, :-1, 2:6].ravel(), filters[:, 1:, 2:6].ravel()
    return float(np.corrcoef(upper, lower)[0, 1])


@pytest.mark.parametrize("options", [{}, {"persistent": True}, {"k": 3, "visible": "probabilities"}])
def test_same_seed_same_numbers_and_a_restored_one_resumes(options: dict[str, Any]) -> None:
    assert_reproducible_and_resumable(
        lambda: RBMLearner(config(epochs=3, hidden=(8,), batch_size=200, **options))
    )


@pytest.mark.parametrize("persistent", [False, True])
def test_exact_likelihood_of_a_small_one_rises_as_it_learns(persistent: bool) -> None:
    learner = RBMLearner(config(hidden=(10,), epochs=15, persistent=persistent))
    before = scores(learner).details["log_likelihood"]
    for _ in range(15):
        epoch(learner)
    assert scores(learner).details["log_likelihood"] > before + 2


def test_persistent_chains_continue_where_they_stopped() -> None:
    learner = RBMLearner(config(persistent=True, epochs=1))
    start = learner.chains.clone()
    batch = next(iter(learner.batches()))
    learner.learn(batch)
    assert learner.chains.shape == start.shape
    assert not torch.equal(learner.chains, start)
    assert set(learner.chains.unique().tolist()) <= {0.0, 1.0}


def test_pictures_are_images_of_the_data(trained) -> None:
    learner, _ = trained
    drawn = pictures(learner)
    shown = drawn["reconstructions"].arrays
    assert shown["images"].shape == shown["reconstructed"].shape == (12, 8, 8)
    np.testing.assert_array_equal(shown["images"][0], np.round(255 * learner.data.test_inputs[0, 0]))
    assert drawn["fantasies"].arrays["images"].dtype == np.uint8
