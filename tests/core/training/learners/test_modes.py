"""Layers that work otherwise while they learn are judged and drawn as they will be used."""

from __future__ import annotations

import torch

from core.events import Progress
from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from tests.core.training.resuming import pictures

NOW = Progress(0, 1, "steps")


def scores(learner: SupervisedLearner):
    """What evaluate() returns in the end."""
    evaluation = learner.evaluate(NOW)
    while True:
        try:
            next(evaluation)
        except StopIteration as end:
            return end.value


def test_batch_norm_is_judged_by_its_running_mean_and_learns_on_with_batches() -> None:
    learner = SupervisedLearner(default_config("resnet", model_options={"depth": "8", "width": 2}))
    learner.learn(next(iter(learner.batches())))
    before = {name: value.clone() for name, value in learner.network.state_dict().items()}
    judged = scores(learner)
    pictures(learner)
    assert all(torch.equal(value, before[name]) for name, value in learner.network.state_dict().items())
    assert learner.network.training
    model = learner.network.eval()
    with torch.inference_mode():
        expected = torch.nn.functional.cross_entropy(model(learner.test_inputs), learner.test_targets)
    torch.testing.assert_close(judged.test_loss, expected.item(), rtol=1e-4, atol=1e-5)


def test_regression_is_compared_with_the_mean() -> None:
    learner = SupervisedLearner(default_config("gru", "adding", samples=200))
    started, judged = learner.started(), scores(learner)
    assert started.baseline == "always the mean"
    torch.testing.assert_close(judged.details["rmse"] ** 2, judged.test_loss)
    ratio = judged.details["rmse_ratio"]
    torch.testing.assert_close(1 - ratio, judged.test_metric, rtol=1e-5, atol=1e-6)
