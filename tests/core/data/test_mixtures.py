"""Mixtures have the modes that they name."""

from __future__ import annotations

import numpy as np
import pytest

from core.data import mixtures


@pytest.mark.parametrize(("make", "modes"), [(mixtures.ring, 8), (mixtures.grid, 25)])
def test_points_lie_around_every_mode_equally_often(make, modes: int) -> None:
    data = make(samples=10_000, noise=0.1, seed=0, test_fraction=0.2)
    points = np.concatenate([data.train_inputs, data.test_inputs])
    assert (len(data.train_inputs), len(data.test_inputs)) == (8000, 2000)
    assert data.centres.shape == (modes, 2)
    distances = np.linalg.norm(points[:, None] - data.centres, axis=2)
    shares = np.bincount(distances.argmin(1), minlength=modes) / len(points)
    np.testing.assert_allclose(shares, 1 / modes, atol=0.02)
    # The squared distance to the centre of a round Gaussian is 2 sigma^2 in the mean.
    assert np.square(distances.min(1)).mean() == pytest.approx(2 * 0.1**2, rel=0.05)


def test_ring_is_a_circle_of_radius_two() -> None:
    centres = mixtures.ring(100, 0.1, 0, 0.2).centres
    np.testing.assert_allclose(np.linalg.norm(centres, axis=1), 2, rtol=1e-6)
    np.testing.assert_allclose(centres.mean(0), 0, atol=1e-6)


def test_seed_decides() -> None:
    first, again, other = (mixtures.ring(100, 0.1, seed, 0.2).train_inputs for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
