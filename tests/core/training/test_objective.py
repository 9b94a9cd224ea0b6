"""Losses and metrics agree with scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error

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


@pytest.mark.parametrize("name", ["seattle_weather", "us_employment", "sp500"])
def test_skill_is_1_less_the_error_over_that_of_the_best_naive_forecast(name: str) -> None:
    data = load(name)
    assert data.series is not None
    objective = objective_for(data)
    targets = torch.from_numpy(data.test_targets)
    for naive, error in data.series.naive_rmse.items():
        change = data.series.naives[naive] - data.series.test_now
        unit = data.series.test_now / 100 if data.series.relative else 1.0
        outputs = torch.from_numpy(change / unit / data.series.change_scale)[:, None]
        expected = 1 - error / data.series.baseline_rmse
        assert objective.metric(outputs, targets).item() == pytest.approx(expected, abs=1e-3)
        assert expected <= 0


@pytest.mark.parametrize("data", ["moons", "mnist5k"])
def test_smoothing_is_cross_entropy_against_spread_labels(data: str) -> None:
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


def test_regression_is_scored_against_the_mean() -> None:
    objective = objective_for(load("adding", samples=200))
    outputs, targets = torch.randn(200, 1), torch.rand(200)
    r2 = r2_score(targets, outputs[:, 0])
    assert (1 - objective.metric(outputs, targets).item()) ** 2 == pytest.approx(1 - r2, rel=1e-5)
    assert objective.metric_name == "skill"


def test_predictions_at_each_step_count_where_targets_exist() -> None:
    data = load("copy_memory", samples=200)
    objective = objective_for(data)
    targets = torch.from_numpy(data.test_targets)
    outputs = torch.randn(len(targets), objective.outputs, targets.shape[1])
    asked = (targets >= 0).numpy()
    answers, truth = outputs.argmax(1).numpy()[asked], targets.numpy()[asked]
    probability = outputs.softmax(1).movedim(1, 2).numpy()[asked]
    expected = log_loss(truth, probability, labels=range(10))
    assert objective.metric(outputs, targets).item() == pytest.approx(accuracy_score(truth, answers))
    assert objective.loss(outputs, targets).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["moons", "iris", "sine_curve"])
def test_many_networks_are_scored_together_as_each_alone(name: str) -> None:
    data = load(name)
    objective = objective_for(data)
    targets = torch.from_numpy(data.test_targets).to(objective.target_dtype).repeat(5, 1)
    outputs = torch.randn(5, targets.shape[1], objective.outputs)
    together = objective.scores_together(outputs, targets)
    assert together is not None
    for some, classes, loss, metric in zip(outputs, targets, *together, strict=True):
        assert loss.item() == pytest.approx(objective.loss(some, classes).item(), rel=1e-6)
        assert metric.item() == pytest.approx(objective.metric(some, classes).item(), rel=1e-6)
