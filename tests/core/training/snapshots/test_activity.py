"""Dead and saturated units are counted as the activation's slope has them; histograms count every value."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.activity import dead_share, dead_units, relative_slopes
from core.training.snapshots.histograms import input_histograms, weight_histograms
from core.training.snapshots.layers import Activated, activated, label, spread


def learner(activation: str = "relu", **settings: object) -> SupervisedLearner:
    return SupervisedLearner(default_config("mlp", "moons", activation=activation, samples=300, **settings))


def test_units_that_relu_has_switched_off_for_good_are_dead() -> None:
    training = learner()
    with torch.no_grad():
        training.network.layers[0].bias[:2] = -100  # type: ignore[index, union-attr]
        training.network.layers[0].bias[2:] = 100  # type: ignore[index, union-attr]
    (picture,) = islice(dead_units(training), 1)
    assert picture.arrays["dead"][0] == pytest.approx(2 / 8)
    assert picture.arrays["saturated"][0] == pytest.approx(2 / 8)
    assert picture.values["units"] == [8, 8]


@pytest.mark.parametrize(
    ("function", "edge"),
    [
        (torch.tanh, np.arctanh(np.sqrt(0.95))),
        (torch.sigmoid, np.log((1 + np.sqrt(0.95)) / (1 - np.sqrt(0.95)))),
    ],
)
def test_saturation_begins_where_the_closed_form_has_a_twentieth_of_the_slope(function, edge: float) -> None:  # type: ignore[no-untyped-def]
    # tanh' = 1 - tanh^2; sigmoid' = s (1 - s), a quarter at most.
    before = torch.tensor([[edge - 0.01, edge + 0.01, -edge - 0.01]], dtype=torch.float64)
    slopes = relative_slopes(Activated("", before, function))
    assert (slopes < 0.05).tolist() == [[False, True, True]]


def test_a_channel_is_dead_when_no_sample_and_no_place_moves_it() -> None:
    slopes = torch.zeros(5, 3, 4, 4)
    slopes[2, 1, 3, 3] = 1
    assert dead_share(slopes) == pytest.approx(2 / 3)


def test_pre_activations_are_what_the_layers_give() -> None:
    training = learner("tanh")
    first, second = activated(training.network, training.test_inputs)
    layers = training.network.layers
    expected = layers[0](training.test_inputs)  # type: ignore[index, operator]
    torch.testing.assert_close(first.before, expected)
    torch.testing.assert_close(second.before, layers[1](torch.tanh(expected)))  # type: ignore[index, operator]
    assert [first.name, second.name] == ["layers 1", "layers 2"]


def test_every_activation_of_a_residual_network_is_seen() -> None:
    config = default_config("resnet", "mnist5k", model_options={"depth": "8", "width": 2})
    training = SupervisedLearner(config)
    names = [layer.name for layer in activated(training.network, training.test_inputs[:2])]
    assert len(names) == 7  # the stem's, and two of each of three blocks
    assert len(set(names)) == 7


def test_histograms_count_every_weight_and_every_pre_activation() -> None:
    training = learner(hidden=(8, 5))
    (weights,) = islice(weight_histograms(training), 1)
    assert weights.arrays["counts"].sum(axis=1).tolist() == [16, 40, 5]
    values = training.network.layers[1].weight.detach().numpy()  # type: ignore[index, union-attr]
    counts, edges = np.histogram(values, 40)
    np.testing.assert_allclose(weights.arrays["edges"][1], edges, rtol=1e-5, atol=1e-6)
    assert np.abs(weights.arrays["counts"][1] - counts).sum() <= 4  # float32 edges may move a value by a bin
    (inputs,) = islice(input_histograms(training), 1)
    assert inputs.arrays["counts"].sum(axis=1).tolist() == [100 * 8, 100 * 5]


def test_spread_keeps_first_and_last() -> None:
    assert spread(range(5), 12) == [0, 1, 2, 3, 4]
    assert spread(range(100), 3) == [0, 50, 99]


def test_layers_have_names_that_people_read() -> None:
    assert label("layers.0.weight") == "layers 1"
    assert label("recurrent.weight_hh_l1_reverse") == "state 2 back"
    assert label("recurrent.weight_ih_l0") == "input 1"
