"""Pictures show what the network computes, in the shapes that their docstrings promise."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch

from core.data import load
from core.events import Picture
from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.loop import train
from core.training.snapshots.pictures import decision_map, forecast, predictions_and_filters

CPU = torch.device("cpu")


def pictures(model: str, data: str | None = None) -> dict[str, Picture]:
    """The pictures of a short training, by name."""
    config = default_config(model, data, epochs=1, picture_every_s=None)
    return {event.name: event for event in train(config) if isinstance(event, Picture)}


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
    (picture,) = decision_map(UpperHalf(), data, CPU, 3)
    probability = picture.arrays["probability"]
    assert (probability.shape, probability.dtype, picture.step) == ((120, 120), np.float32, 3)
    assert (probability[:50] > 0.99).all()
    assert (probability[70:] < 0.01).all()
    (picture,) = decision_map(RightOf(), data, CPU, 3)
    assert (picture.arrays["probability"][:, 70:] > 0.99).all()
    assert (picture.arrays["probability"][:, :50] < 0.01).all()


def test_decision_map_holds_all_points() -> None:
    data = load("moons")
    (picture,) = decision_map(UpperHalf(), data, CPU, 0)
    bounds, points = picture.values, np.concatenate([data.train_inputs, data.test_inputs])
    assert bounds["x_min"] < points[:, 0].min()
    assert bounds["x_max"] > points[:, 0].max()
    assert bounds["y_min"] < points[:, 1].min()
    assert bounds["y_max"] > points[:, 1].max()


def test_decision_map_agrees_with_the_network_at_each_cell() -> None:
    training = SupervisedLearner(default_config("mlp"))
    (picture,) = decision_map(training.network, training.data, CPU, 0)
    bounds = picture.values
    x = bounds["x_min"] + (17 + 0.5) / 120 * (bounds["x_max"] - bounds["x_min"])
    y = bounds["y_max"] - (92 + 0.5) / 120 * (bounds["y_max"] - bounds["y_min"])
    expected = torch.sigmoid(training.network(torch.tensor([[x, y]]))).item()
    assert picture.arrays["probability"][92, 17] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("features", ["xy", "sine"])
def test_decision_map_of_many_classes_agrees_with_the_network_at_each_cell(features: str) -> None:
    options = {"arms": 3, "features": features}
    training = SupervisedLearner(default_config("mlp", "spiral", data_options=options))
    (picture,) = decision_map(training.network, training.data, CPU, 0)
    bounds, winner = picture.values, picture.arrays["winner"]
    assert (winner.shape, winner.dtype, bounds["classes"]) == ((120, 120), np.uint8, 3)
    x = bounds["x_min"] + (101 + 0.5) / 120 * (bounds["x_max"] - bounds["x_min"])
    y = bounds["y_max"] - (8 + 0.5) / 120 * (bounds["y_max"] - bounds["y_min"])
    place = [x, y] if features == "xy" else [x, y, np.sin(2.5 * x), np.sin(2.5 * y)]
    expected = torch.softmax(training.network(torch.tensor([place], dtype=torch.float32)), 1)[0]
    assert winner[8, 101] == expected.argmax()
    assert picture.arrays["probability"][8, 101] == pytest.approx(expected.max().item(), abs=1e-4)


def test_pictures_of_sine_features_are_drawn_over_the_plane() -> None:
    sines = SupervisedLearner(default_config("mlp", "moons", data_options={"features": "sine"}))
    (drawn,) = sines.pictures_of_data()
    assert drawn.arrays["train_points"].shape == (500, 2)
    assert drawn.values["features"] == ["x", "y"]
    (map_of_sines,), (map_of_plane,) = (
        decision_map(learner.network, learner.data, CPU, 0)
        for learner in (sines, SupervisedLearner(default_config("mlp", "moons")))
    )
    assert map_of_sines.values == map_of_plane.values


def test_points_are_those_of_the_data() -> None:
    picture = pictures("mlp")["points"]
    data = load("moons", test_fraction=0.5)
    np.testing.assert_array_equal(picture.arrays["train_points"], data.train_inputs)
    np.testing.assert_array_equal(picture.arrays["test_labels"], data.test_targets)


def test_predictions_lead_with_mistakes_and_show_real_images() -> None:
    training = SupervisedLearner(default_config("lenet"))
    predictions, filters = predictions_and_filters(training.network, training.data, CPU, 0)
    images, labels, predicted, confidence = (
        predictions.arrays[name] for name in ("images", "labels", "predicted", "confidence")
    )
    assert (images.shape, images.dtype) == ((24, 28, 28), np.uint8)
    wrong = predicted != labels
    assert wrong[:8].all()  # untrained, it is wrong nine times in ten
    assert (np.diff(confidence[:8]) <= 0).all()
    shown = torch.from_numpy(images.astype(np.float32) / 255)[:, None]
    probability = torch.softmax(training.network(shown), 1).detach().numpy()
    np.testing.assert_array_equal(probability.argmax(1), predicted)
    np.testing.assert_allclose(probability.max(1), confidence, rtol=1e-4)
    for image, label in zip(images, labels, strict=True):
        matches = (np.rint(training.data.test_inputs[:, 0] * 255) == image).all(axis=(1, 2))
        assert training.data.test_targets[matches].tolist() == [label]
    np.testing.assert_array_equal(filters.arrays["weights"], training.network.c1.weight[:, 0].detach())


def test_filters_do_not_change_with_the_network_afterwards() -> None:
    training = SupervisedLearner(default_config("lenet"))
    _, filters = predictions_and_filters(training.network, training.data, CPU, 0)
    before = filters.arrays["weights"].copy()
    with torch.no_grad():
        training.network.c1.weight.zero_()
    np.testing.assert_array_equal(filters.arrays["weights"], before)


def test_mlp_on_images_shows_each_hidden_unit_as_an_image() -> None:
    assert pictures("mlp", "mnist5k")["filters"].arrays["weights"].shape == (64, 28, 28)


class NoChange(torch.nn.Module):
    """Forecasts that tomorrow equals today."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(x), 1)


class Oracle(torch.nn.Module):
    """Knows the answers to the last two weeks."""

    def __init__(self, answers: np.ndarray) -> None:
        super().__init__()
        self.answers = torch.from_numpy(answers[-336:])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.answers[:, None]


def test_forecast_of_no_change_is_the_baseline_and_the_right_one_is_the_truth() -> None:
    data = load("seattle_temps")
    (picture,) = forecast(NoChange(), data, CPU, 0)
    np.testing.assert_array_equal(picture.arrays["forecast"], picture.arrays["baseline"])
    assert picture.values["rmse"] == picture.values["baseline_rmse"] > 0
    (picture,) = forecast(Oracle(data.test_targets), data, CPU, 0)
    np.testing.assert_allclose(picture.arrays["forecast"], picture.arrays["truth"], atol=1e-4)
    assert picture.values["unit"] == "°C"


def test_forecast_covers_the_last_two_weeks_hour_by_hour() -> None:
    picture = pictures("gru")["forecast"]
    times = picture.arrays["times"]
    assert len(times) == 14 * 24
    assert times[-1] == np.datetime64("2010-12-31T23")
    assert (np.diff(times) == np.timedelta64(1, "h")).all()
    assert picture.values["rmse"] < picture.values["baseline_rmse"]


@pytest.mark.parametrize("model", ["mlp", "lenet", "rnn"])
def test_arrays_can_be_stored_without_pickle(model: str) -> None:
    for picture in pictures(model).values():
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **dict(picture.arrays))
        assert len(buffer.getvalue()) < 100_000 * (1 + 2 * (picture.name == "filters"))
        buffer.seek(0)
        with np.load(buffer, allow_pickle=False) as archive:
            for name, array in picture.arrays.items():
                np.testing.assert_array_equal(archive[name], array)
