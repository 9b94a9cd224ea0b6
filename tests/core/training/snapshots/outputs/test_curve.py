"""The curve is what the network computes, beside the truth."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.outputs.curve import curve


def test_curve_is_what_the_network_predicts_and_the_truth() -> None:
    learner = SupervisedLearner(default_config("mlp", "sine_curve"))
    learner.step = 7
    picture = next(curve(learner))
    x, network, truth = (picture.arrays[name] for name in ("x", "network", "truth"))
    assert (picture.name, picture.step, x.shape) == ("curve", 7, (301,))
    with torch.no_grad():
        expected = learner.network(torch.from_numpy(x)[:, None])[:, 0]
    np.testing.assert_allclose(network, expected, atol=1e-6)
    np.testing.assert_allclose(truth, np.sin(np.pi * x), atol=1e-5)  # two waves from -2 to 2
    assert x[0] < learner.data.train_inputs.min()
    assert x[-1] > learner.data.train_inputs.max()


@pytest.mark.parametrize("name", ["sine_curve", "step_curve", "cubic_curve", "hills"])
def test_untrained_network_is_no_better_than_the_mean_and_the_noise_bounds_it(name: str) -> None:
    """1 - noise / deviation of the targets is the most that can be had; presets come near it."""
    config = default_config("mlp", name)
    learner = SupervisedLearner(config)
    assert learner.objective.metric_name == "skill"
    assert skill(learner) < 0.3
    fast = _trained(name)
    deviation = learner.data.test_targets.std()
    assert config.noise is not None
    assert skill(fast) > 0.8 * (1 - config.noise / deviation)


def _trained(name: str) -> SupervisedLearner:
    from core.training.learners.registry import learner_for

    learner = learner_for(default_config("mlp", name))
    assert isinstance(learner, SupervisedLearner)
    for _ in range(learner.config.epochs):
        for batch in learner.batches():
            learner.learn(batch)
    return learner


def skill(learner: SupervisedLearner) -> float:
    """By hand, on the test part."""
    with torch.no_grad():
        outputs = learner.network(learner.test_inputs)[:, 0].numpy()
    truth = learner.data.test_targets
    return float(1 - np.sqrt(np.mean((outputs - truth) ** 2)) / truth.std())
