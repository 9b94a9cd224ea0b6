"""Losses and metrics agree with scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, root_mean_squared_error

from core.data import load
from core.training.objective import objective_for


def test_two_classes_are_scored_by_one_logit() -> None:
    objective = objective_for(load("moons"))
    outputs, targets = torch.randn(200, objective.outputs), torch.randint(2, (200,)).float()
    probability = torch.sigmoid(outputs[:, 0]).numpy()
    assert objective.loss(outputs, targets).item() == pytest.approx(log_loss(targets, probability), rel=1e-5)
    assert objective.metric(outputs, targets).item() == accuracy_score(targets, probability > 0.5)
    assert objective.metric_name == "accuracy"


def test_ten_classes_are_scored_by_ten_logits() -> None:
    objective = objective_for(load("mnist5k"))
    outputs, targets = torch.randn(200, objective.outputs), torch.randint(10, (200,))
    probability = torch.softmax(outputs, 1).numpy()
    expected = log_loss(targets, probability, labels=range(10))
    assert objective.loss(outputs, targets).item() == pytest.approx(expected, rel=1e-5)
    assert objective.metric(outputs, targets).item() == accuracy_score(targets, probability.argmax(1))


def test_forecast_is_scored_against_no_change() -> None:
    objective = objective_for(load("seattle_temps"))
    outputs, targets = torch.randn(200, 1), torch.randn(200)
    error = root_mean_squared_error(targets, outputs[:, 0])
    baseline = root_mean_squared_error(targets, np.zeros(200))
    assert objective.loss(outputs, targets).item() == pytest.approx(error**2, rel=1e-5)
    assert objective.metric(outputs, targets).item() == pytest.approx(1 - error / baseline, rel=1e-4)
    assert objective.metric(torch.zeros(200, 1), targets).item() == pytest.approx(0)
    assert objective.metric(targets[:, None], targets).item() == pytest.approx(1)


@pytest.mark.parametrize("data", ["moons", "mnist5k"])
def test_smoothing_is_cross_entropy_against_spread_answers(data: str) -> None:
    objective = objective_for(load(data), label_smoothing=0.1)
    classes = max(2, objective.outputs)
    targets = torch.randint(classes, (200,))
    outputs = torch.randn(200, objective.outputs)
    # A single logit z stands for the two logits 0 and z.
    logits = outputs if classes > 2 else torch.cat([torch.zeros_like(outputs), outputs], 1)
    spread = torch.nn.functional.one_hot(targets, classes) * 0.9 + 0.1 / classes
    expected = -(spread * torch.log_softmax(logits, 1)).sum(1).mean()
    torch.testing.assert_close(objective.learning_loss(outputs, targets.to(objective.target_dtype)), expected)
    assert objective.loss(outputs, targets.to(objective.target_dtype)) != expected


@pytest.mark.parametrize("data", ["moons", "mnist5k"])
def test_without_smoothing_learning_loss_is_the_loss(data: str) -> None:
    objective = objective_for(load(data))
    outputs = torch.randn(50, objective.outputs)
    targets = torch.randint(2, (50,)).to(objective.target_dtype)
    torch.testing.assert_close(objective.learning_loss(outputs, targets), objective.loss(outputs, targets))
