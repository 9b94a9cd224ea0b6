"""Pictures of regressions show what the network computes beside the truth."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.data import load
from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.curve_pictures import curve, samples_of_curve, surface

CPU = torch.device("cpu")


def test_curve_is_what_the_network_answers_and_the_truth() -> None:
    learner = SupervisedLearner(default_config("mlp", "sine_curve"))
    (picture,) = curve(learner.network, learner.data, CPU, 7)
    x, network, truth = (picture.arrays[name] for name in ("x", "network", "truth"))
    assert (picture.name, picture.step, x.shape) == ("curve", 7, (301,))
    with torch.no_grad():
        expected = learner.network(torch.from_numpy(x)[:, None])[:, 0]
    np.testing.assert_allclose(network, expected, atol=1e-6)
    np.testing.assert_allclose(truth, np.sin(np.pi * x), atol=1e-5)  # two waves from -2 to 2
    assert x[0] < learner.data.train_inputs.min()
    assert x[-1] > learner.data.train_inputs.max()


class Sum(torch.nn.Module):
    """10x + y."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ torch.tensor([[10.0], [1.0]])


def test_surface_has_the_largest_y_on_top_and_the_smallest_x_on_the_left() -> None:
    data = load("hills")
    (picture,) = surface(Sum(), data, CPU, 0)
    bounds, network = picture.values, picture.arrays["network"]
    half_x, half_y = ((bounds[f"{axis}_max"] - bounds[f"{axis}_min"]) / 80 / 2 for axis in "xy")
    assert (network.shape, network.dtype) == ((80, 80), np.float32)
    top_left = 10 * (bounds["x_min"] + half_x) + bounds["y_max"] - half_y
    bottom_left = 10 * (bounds["x_min"] + half_x) + bounds["y_min"] + half_y
    assert network[0, 0] == pytest.approx(top_left, abs=1e-4)
    assert network[79, 0] == pytest.approx(bottom_left, abs=1e-4)
    # The highest hill is at (-0.9, 0.9): left of the middle, and above it.
    row, column = np.unravel_index(picture.arrays["truth"].argmax(), (80, 80))
    assert row < 35
    assert column < 35


def test_samples_are_those_of_the_data() -> None:
    data = load("hills", samples=2000)
    (picture,) = samples_of_curve(data)
    np.testing.assert_array_equal(picture.arrays["train"][:, :2], data.train_inputs[:500])
    np.testing.assert_array_equal(picture.arrays["test"][:, 2], data.test_targets[:500])


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
        answers = learner.network(learner.test_inputs)[:, 0].numpy()
    truth = learner.data.test_targets
    return float(1 - np.sqrt(np.mean((answers - truth) ** 2)) / truth.std())
