"""Curves and surfaces are what their formulas say, under the noise that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsRegressor

from core.data import DATASETS, LoadedDataset, load
from core.data.curves import EDGE, HILLS

SETS = [name for name, dataset in DATASETS.items() if dataset.kind in ("curve", "surface")]


def both_parts(data: LoadedDataset) -> tuple[np.ndarray, np.ndarray]:
    inputs = np.concatenate([data.train_inputs, data.test_inputs]).astype(float)
    return inputs, np.concatenate([data.train_targets, data.test_targets])


def test_curves_without_noise_are_their_formulas() -> None:
    for waves in (0.5, 3.0):
        x, y = both_parts(load("sine_curve", noise=0.0, waves=waves))
        np.testing.assert_allclose(y, np.sin(2 * np.pi * waves * x[:, 0] / (2 * EDGE)), atol=1e-5)
    x, y = both_parts(load("step_curve", noise=0.0))
    np.testing.assert_array_equal(y, np.sign(x[:, 0]))
    x, y = both_parts(load("cubic_curve", noise=0.0))
    np.testing.assert_allclose(y, np.polynomial.Polynomial([0, -1, 0, 0.5])(x[:, 0]), atol=1e-5)


def test_surface_has_its_hills_where_they_are_named() -> None:
    data = load("hills", samples=100_000, noise=0.0)
    assert data.truth is not None
    places, heights = both_parts(data)
    highest = places[heights.argmax()]
    lowest = places[heights.argmin()]
    np.testing.assert_allclose(highest, HILLS[0][:2], atol=0.1)
    np.testing.assert_allclose(lowest, HILLS[2][:2], atol=0.1)
    assert heights.max() == pytest.approx(1, abs=0.05)
    assert data.truth(np.array([[50.0, 50.0]]))[0] == pytest.approx(0)


@pytest.mark.parametrize("name", SETS)
def test_noise_is_the_standard_deviation_around_the_truth(name: str) -> None:
    data = load(name, samples=20_000, noise=0.25)
    assert data.truth is not None
    for inputs, targets in (
        (data.train_inputs, data.train_targets),
        (data.test_inputs, data.test_targets),
    ):
        added = targets - data.truth(inputs)
        assert added.std() == pytest.approx(0.25, rel=0.04)
        assert added.mean() == pytest.approx(0, abs=0.02)
        assert np.abs(np.corrcoef(added, inputs[:, 0])[0, 1]) < 0.05


@pytest.mark.parametrize("name", SETS)
def test_default_noise_leaves_something_to_learn(name: str) -> None:
    data = load(name, samples=4000, test_fraction=0.5)
    neighbours = KNeighborsRegressor(15).fit(data.train_inputs, data.train_targets)
    assert neighbours.score(data.test_inputs, data.test_targets) > 0.75  # R²


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(SETS),
    samples=st.integers(20, 500),
    noise=st.floats(0, 2),
    test_fraction=st.floats(0.05, 0.8),
    seed=st.integers(0, 2**63 - 1),
)
def test_every_setting_gives_whole_arrays(
    name: str, samples: int, noise: float, test_fraction: float, seed: int
) -> None:
    data = load(name, samples=samples, noise=noise, test_fraction=test_fraction, seed=seed)
    again = load(name, samples=samples, noise=noise, test_fraction=test_fraction, seed=seed)
    assert len(data.test_inputs) == len(data.test_targets) == max(1, round(test_fraction * samples))
    assert len(data.train_inputs) == len(data.train_targets) == samples - len(data.test_inputs)
    for part in ("train_inputs", "train_targets", "test_inputs", "test_targets"):
        values = getattr(data, part)
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
        np.testing.assert_array_equal(values, getattr(again, part))
    assert data.train_inputs.shape[1] == len(data.features)
    assert np.abs(data.train_inputs).max() <= EDGE


def test_another_seed_gives_other_samples() -> None:
    assert not np.array_equal(load("hills", seed=1).train_targets, load("hills", seed=2).train_targets)
