"""Rows of a table lie on scikit-learn's principal plane."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA

from core.data import load
from core.training.snapshots.data.table_points import principal_plane, table_points
from tests.core.training.snapshots.stand_in import stand_in


def test_plane_is_that_of_the_first_two_principal_components() -> None:
    rows = load("wine").train_inputs
    mean, axes, shares = principal_plane(rows)
    theirs = PCA(2).fit(rows.astype(np.float64))
    np.testing.assert_allclose(mean, theirs.mean_, atol=1e-5)
    np.testing.assert_allclose(np.abs(axes.T), np.abs(theirs.components_), atol=1e-4)
    np.testing.assert_allclose(shares, theirs.explained_variance_ratio_, atol=1e-5)


def test_single_feature_has_a_plane_too() -> None:
    mean, axes, shares = principal_plane(np.arange(10, dtype=np.float32)[:, None])
    np.testing.assert_allclose(axes, [[1, 0]])
    assert (mean.tolist(), shares) == ([4.5], [1.0, 0.0])


def test_rows_are_projected_onto_the_plane() -> None:
    data = load("wine")
    (picture,) = table_points(stand_in(data=data))
    theirs = PCA(2).fit(data.train_inputs.astype(np.float64)).transform(data.test_inputs)
    np.testing.assert_allclose(np.abs(picture.arrays["test_points"]), np.abs(theirs), atol=1e-3)
    np.testing.assert_array_equal(picture.arrays["test_labels"], data.test_targets)
