"""Points in the plane have the geometry that scikit-learn's generators have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_blobs, make_circles, make_moons
from sklearn.neighbors import KNeighborsClassifier

from core.data import DATASETS, LoadedDataset, load
from core.data.features import FEATURES
from core.data.points import SPIRAL_RADIUS, SPIRAL_TURNS

POINT_SETS = [name for name, dataset in DATASETS.items() if dataset.kind == "points"]


def all_points(data: LoadedDataset) -> tuple[np.ndarray, np.ndarray]:
    """Both parts together, sorted, so that the order plays no part."""
    points = np.concatenate([data.train_inputs, data.test_inputs])
    labels = np.concatenate([data.train_targets, data.test_targets])
    return in_order(points, labels)


def in_order(points: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.lexsort((points[:, 1].round(4), points[:, 0].round(4), labels))
    return points[order], labels[order]


@pytest.mark.parametrize("samples", [20, 101, 1000])
def test_moons_without_noise_are_those_of_scikit_learn(samples: int) -> None:
    points, labels = all_points(load("moons", samples=samples, noise=0.0))
    expected, expected_labels = in_order(*make_moons(samples, shuffle=False))
    np.testing.assert_allclose(points, expected, atol=1e-5)
    np.testing.assert_array_equal(labels, expected_labels)


@pytest.mark.parametrize("samples", [20, 101, 1000])
def test_circles_without_noise_are_those_of_scikit_learn(samples: int) -> None:
    points, labels = all_points(load("circles", samples=samples, noise=0.0))
    expected, expected_labels = in_order(*make_circles(samples, shuffle=False, factor=0.5))
    np.testing.assert_allclose(points, expected, atol=1e-5)
    np.testing.assert_array_equal(labels, expected_labels)


def test_spiral_without_noise_lies_on_two_archimedean_arms() -> None:
    points, labels = all_points(load("spiral", samples=400, noise=0.0))
    radius = np.hypot(*points.T)
    # On r = a * angle the angle follows from the radius; the second arm is half a turn away.
    angle = 2 * np.pi * SPIRAL_TURNS * radius / SPIRAL_RADIUS + np.pi * labels
    np.testing.assert_allclose(
        points, radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1), atol=1e-4
    )
    assert radius.max() == pytest.approx(SPIRAL_RADIUS)


def test_class_of_xor_is_whether_the_signs_differ() -> None:
    points, labels = all_points(load("xor", samples=400, noise=0.0))
    np.testing.assert_array_equal(labels, np.logical_xor(*(points > 0).T))
    assert len(np.unique(points > 0, axis=0)) == 4
    assert 0.9 < np.abs(points).max() <= 1


def test_gaussians_have_their_mean_and_deviation() -> None:
    points, labels = all_points(load("gaussians", samples=20_000, noise=0.5))
    for label, mean in ((0, -1), (1, 1)):
        np.testing.assert_allclose(points[labels == label].mean(axis=0), mean, atol=0.02)
        np.testing.assert_allclose(points[labels == label].std(axis=0), 0.5, rtol=0.03)


@pytest.mark.parametrize(("arms", "turns"), [(2, 0.5), (3, 1.75), (5, 1.0)])
def test_each_arm_of_a_spiral_is_the_first_one_turned(arms: int, turns: float) -> None:
    options = {"arms": arms, "turns": turns}
    points, labels = all_points(load("spiral", samples=60 * arms, noise=0.0, **options))
    radius = np.hypot(*points.T)
    angle = 2 * np.pi * (turns * radius / SPIRAL_RADIUS + labels / arms)
    np.testing.assert_allclose(
        points, radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1), atol=1e-4
    )
    assert np.bincount(labels).tolist() == [60] * arms


@pytest.mark.parametrize("classes", [2, 3, 8])
def test_gaussians_of_many_classes_are_the_blobs_of_scikit_learn_around_the_same_centres(
    classes: int,
) -> None:
    clean = load("gaussians", samples=classes * 10, noise=0.0, classes=classes)
    points, labels = all_points(clean)
    centres = np.array([points[labels == label][0] for label in range(classes)])
    blobs, blob_labels = make_blobs(4000, centers=centres, cluster_std=0.5, random_state=0)
    points, labels = all_points(load("gaussians", samples=4000, noise=0.5, classes=classes))
    assert KNeighborsClassifier(15).fit(blobs, blob_labels).score(points, labels) > 0.985
    distances = np.linalg.norm(centres - np.roll(centres, 1, axis=0), axis=1)
    np.testing.assert_allclose(distances, 2 * np.sqrt(2), rtol=1e-5)
    np.testing.assert_allclose(centres.mean(axis=0), 0, atol=1e-5)


@pytest.mark.parametrize("squares", [2, 3, 8])
def test_class_of_a_checkerboard_is_the_colour_of_the_square(squares: int) -> None:
    points, labels = all_points(load("checkerboard", samples=4000, noise=0.0, squares=squares))
    place = np.floor(points + squares / 2).astype(int)
    assert (place.min(), place.max()) == (0, squares - 1)
    np.testing.assert_array_equal(labels, place.sum(axis=1) % 2)
    assert len(np.unique(place, axis=0)) == squares**2


@pytest.mark.parametrize("name", POINT_SETS)
def test_features_are_functions_of_x_and_y_of_the_same_points(name: str) -> None:
    plain = load(name, samples=200)
    assert plain.features == ("x", "y")
    x, y = plain.test_inputs.astype(float).T
    every = {
        "x": ("x", x),
        "y": ("y", y),
        "x_squared": ("x²", x**2),
        "y_squared": ("y²", y**2),
        "product": ("xy", x * y),
        "sin_x": ("sin 2.5x", np.sin(2.5 * x)),
        "sin_y": ("sin 2.5y", np.sin(2.5 * y)),
    }
    assert [*every] == [*FEATURES]
    for chosen in (["product"], ["y", "x_squared"], [*every]):
        data = load(name, samples=200, features=",".join(reversed(chosen)))  # in whatever order
        assert data.features == tuple(every[key][0] for key in chosen)
        expected = np.stack([every[key][1] for key in chosen], axis=1)
        np.testing.assert_allclose(data.test_inputs, expected, atol=1e-5)
        np.testing.assert_array_equal(data.test_plane, plain.test_inputs)
        np.testing.assert_array_equal(data.train_plane, plain.train_inputs)


def test_choices_of_features_of_version_0_1_are_known() -> None:
    assert load("moons", samples=20, features="xy").features == ("x", "y")
    assert load("moons", samples=20, features="sine").features == ("x", "y", "sin 2.5x", "sin 2.5y")


@pytest.mark.parametrize("name", POINT_SETS)
def test_noise_is_the_standard_deviation_of_what_is_added(name: str) -> None:
    clean, noisy = (load(name, samples=10_000, noise=noise) for noise in (0.0, 0.1))
    added = noisy.train_inputs - clean.train_inputs  # the same seed mixes both in the same order
    np.testing.assert_allclose(added.std(axis=0), 0.1, rtol=0.03)
    np.testing.assert_allclose(added.mean(axis=0), 0.0, atol=0.004)


@pytest.mark.parametrize("name", POINT_SETS)
def test_default_noise_leaves_the_classes_apart(name: str) -> None:
    data = load(name, samples=4000, test_fraction=0.5)
    neighbours = KNeighborsClassifier(15).fit(data.train_inputs, data.train_targets)
    assert neighbours.score(data.test_inputs, data.test_targets) >= 0.96


@settings(max_examples=50, deadline=None)
@given(
    name=st.sampled_from(POINT_SETS),
    samples=st.integers(20, 500),
    noise=st.floats(0, 2),
    test_fraction=st.floats(0.05, 0.8),
    seed=st.integers(0, 2**63 - 1),
    features=st.sets(st.sampled_from([*FEATURES]), min_size=1),
)
def test_every_setting_gives_whole_arrays(
    name: str, samples: int, noise: float, test_fraction: float, seed: int, features: set[str]
) -> None:
    settings = {
        "samples": samples,
        "noise": noise,
        "test_fraction": test_fraction,
        "features": ",".join(features),
    }
    data = load(name, seed=seed, **settings)
    assert len(data.test_inputs) == max(1, round(test_fraction * samples))
    assert len(data.train_inputs) + len(data.test_inputs) == samples
    assert len(data.train_inputs) == len(data.train_targets)
    for inputs, targets in (
        (data.train_inputs, data.train_targets),
        (data.test_inputs, data.test_targets),
    ):
        assert inputs.dtype == np.float32
        assert inputs.shape[1:] == (len(features),)
        assert targets.dtype == np.int64
        assert np.isfinite(inputs).all()
        assert set(targets.tolist()) <= {0, 1}
    again = load(name, seed=seed, **settings)
    np.testing.assert_array_equal(data.train_inputs, again.train_inputs)
    np.testing.assert_array_equal(data.train_targets, again.train_targets)
    np.testing.assert_array_equal(data.test_inputs, again.test_inputs)


def test_another_seed_gives_other_points() -> None:
    assert not np.array_equal(load("moons", seed=1).train_inputs, load("moons", seed=2).train_inputs)
