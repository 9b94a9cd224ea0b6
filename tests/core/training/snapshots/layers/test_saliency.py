"""Saliency is the gradient that torch computes by itself."""

from __future__ import annotations

import torch

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.saliency import input_gradients


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
