"""The decision map shows what the network computes at each cell."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.data import load
from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.outputs.decision_map import decision_map
from tests.core.training.snapshots.stand_in import stand_in


class UpperHalf(torch.nn.Module):
    """Sure of class 1 where y > 0."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 100 * x[:, 1:]


class RightOf(torch.nn.Module):
    """Sure of class 1 where x > 0."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 100 * x[:, :1]


def test_decision_map_has_the_largest_y_on_top_and_the_smallest_x_on_the_left() -> None:
    data = load("circles")
    picture = next(decision_map(stand_in(UpperHalf(), data, step=3)))
    probability = picture.arrays["probability"]
    assert (probability.shape, probability.dtype, picture.step) == ((120, 120), np.float32, 3)
    assert (probability[:50] > 0.99).all()
    assert (probability[70:] < 0.01).all()
    picture = next(decision_map(stand_in(RightOf(), data)))
    assert (picture.arrays["probability"][:, 70:] > 0.99).all()
    assert (picture.arrays["probability"][:, :50] < 0.01).all()


def test_decision_map_holds_all_points() -> None:
    data = load("moons")
    picture = next(decision_map(stand_in(UpperHalf(), data)))
    bounds, points = picture.values, np.concatenate([data.train_inputs, data.test_inputs])
    assert bounds["x_min"] < points[:, 0].min()
    assert bounds["x_max"] > points[:, 0].max()
    assert bounds["y_min"] < points[:, 1].min()
    assert bounds["y_max"] > points[:, 1].max()


def test_decision_map_agrees_with_the_network_at_each_cell() -> None:
    training = SupervisedLearner(default_config("mlp"))
    picture = next(decision_map(training))
    bounds = picture.values
    x = bounds["x_min"] + (17 + 0.5) / 120 * (bounds["x_max"] - bounds["x_min"])
    y = bounds["y_max"] - (92 + 0.5) / 120 * (bounds["y_max"] - bounds["y_min"])
    expected = torch.sigmoid(training.network(torch.tensor([[x, y]]))).item()
    assert picture.arrays["probability"][92, 17] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("features", ["x,y", "y,sin_x", "x_squared,product"])
def test_decision_map_of_many_classes_agrees_with_the_network_at_each_cell(features: str) -> None:
    options = {"arms": 3, "features": features}
    training = SupervisedLearner(default_config("mlp", "spiral", data_options=options))
    picture = next(decision_map(training))
    bounds, winner = picture.values, picture.arrays["winner"]
    assert (winner.shape, winner.dtype, bounds["classes"]) == ((120, 120), np.uint8, 3)
    x = bounds["x_min"] + (101 + 0.5) / 120 * (bounds["x_max"] - bounds["x_min"])
    y = bounds["y_max"] - (8 + 0.5) / 120 * (bounds["y_max"] - bounds["y_min"])
    values = {"x": x, "y": y, "sin_x": np.sin(2.5 * x), "x_squared": x * x, "product": x * y}
    place = [values[key] for key in features.split(",")]
    expected = torch.softmax(training.network(torch.tensor([place], dtype=torch.float32)), 1)[0]
    assert winner[8, 101] == expected.argmax()
    assert picture.arrays["probability"][8, 101] == pytest.approx(expected.max().item(), abs=1e-4)


def test_other_features_are_drawn_over_the_plane() -> None:
    maps = [
        next(decision_map(SupervisedLearner(default_config("mlp", "moons", data_options=options))))
        for options in ({"features": "y_squared"}, {})
    ]
    assert maps[0].values == maps[1].values
