"""Saliency is the gradient that torch computes by itself, beside that of random weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.saliency import input_gradients, rank_correlation, saliency


def test_saliency_is_the_gradient_of_the_winning_score() -> None:
    learner = SupervisedLearner(default_config("lenet", "mnist5k"))
    inputs = learner.test_inputs[:3]
    gradients, predicted = input_gradients(learner.network, inputs)
    assert all(weight.grad is None for weight in learner.network.parameters())
    for row in range(3):
        image = inputs[row : row + 1].clone().requires_grad_()
        scores = learner.network(image)[0]
        assert predicted[row] == scores.argmax()
        scores.max().backward()
        torch.testing.assert_close(gradients[row : row + 1], image.grad)


def test_the_rank_correlation_is_pandas_spearman_with_ties() -> None:
    generator = np.random.default_rng(0)
    maps = generator.integers(0, 4, (3, 5, 6)).astype(np.float32)  # many are equal
    others = generator.normal(size=(3, 5, 6)).astype(np.float32)
    expected = [
        np.corrcoef(pd.Series(one.ravel()).rank(), pd.Series(other.ravel()).rank())[0, 1]
        for one, other in zip(maps, others, strict=True)
    ]
    assert rank_correlation(maps, others) == pytest.approx(np.mean(expected))
    assert rank_correlation(maps, 3 * maps + 1) == pytest.approx(1)
    assert rank_correlation(np.zeros((2, 3, 3)), others[:2, :3, :3]) is None


def test_the_map_of_random_weights_is_that_of_an_untrained_network_for_the_same_class() -> None:
    learner = SupervisedLearner(default_config("lenet", "mnist5k"))
    with torch.no_grad():
        for weight in learner.network.parameters():
            weight.mul_(1.5)  # as if trained
    picture = next(saliency(learner))
    other = SupervisedLearner(default_config("lenet", "mnist5k", seed=1))
    image = (
        learner.test_inputs[:1].clone().requires_grad_()
    )  # the first image shown is the first of the test split
    other.network.eval()(image)[0, int(picture.arrays["predicted"][0])].backward()
    assert image.grad is not None
    np.testing.assert_allclose(picture.arrays["randomised"][0], image.grad[0, 0].numpy(), atol=1e-6)
    assert abs(picture.values["rank_correlation"]) < 1


def test_the_correlation_is_1_where_nothing_was_learnt() -> None:
    learner = SupervisedLearner(default_config("lenet", "mnist5k", seed=0))
    untrained = SupervisedLearner(default_config("lenet", "mnist5k", seed=1))
    learner.network.load_state_dict(untrained.network.state_dict())
    assert next(saliency(learner)).values["rank_correlation"] == pytest.approx(1)
