"""Tables are split by class, and scaled by what the training part alone tells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import datasets
from sklearn.preprocessing import StandardScaler

from core.data import load, tables
from core.errors import InvalidRequest

SHIPPED = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast_cancer": datasets.load_breast_cancer,
    "digits_table": datasets.load_digits,
    "diabetes": lambda: datasets.load_diabetes(scaled=False),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_both_parts_together_are_the_published_table(name: str) -> None:
    data, published = load(name, seed=3), SHIPPED[name]()
    rows = len(data.train_inputs) + len(data.test_inputs)
    assert (rows, len(data.features)) == published.data.shape
    assert data.train_inputs.dtype == np.float32
    targets = np.concatenate([data.train_targets, data.test_targets])
    if data.classes:
        np.testing.assert_array_equal(np.bincount(targets), np.bincount(published.target))
    else:
        in_unit = targets * data.target_scale + data.target_mean
        np.testing.assert_allclose(np.sort(in_unit), np.sort(published.target), rtol=1e-5)


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "diabetes"])
@pytest.mark.parametrize("test_fraction", [0.05, 0.2, 0.8])
def test_each_class_has_the_same_fraction_in_the_test_data(name: str, test_fraction: float) -> None:
    data = load(name, test_fraction=test_fraction)
    train, test = np.bincount(data.train_targets), np.bincount(data.test_targets)
    np.testing.assert_allclose(test / (train + test), test_fraction, atol=0.02)


def test_scale_is_that_of_the_training_part_alone() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(5, 3, (60, 4))
    labels = np.arange(60) % 2
    data = tables.with_classes(rows, labels, "ab", tuple("wxyz"), 0, 0.25)
    train, test = tables.stratified(labels, 0.25, np.random.default_rng(0))
    scaler = StandardScaler().fit(rows[train])
    np.testing.assert_allclose(data.train_inputs, scaler.transform(rows[train]), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(data.test_inputs, scaler.transform(rows[test]), rtol=1e-4, atol=1e-6)


def test_constant_column_becomes_zero() -> None:
    rows = np.column_stack([np.full(20, 0.1), np.arange(20)])
    data = tables.with_classes(rows, np.arange(20) % 2, "ab", ("same", "x"), 0, 0.2)
    np.testing.assert_allclose(data.train_inputs[:, 0], 0, atol=1e-6)


def test_values_that_are_all_alike_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="same 'y'"):
        tables.with_values(np.arange(20.0)[:, None], np.ones(20), ("x",), "y", 0, 0.2)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e30, 1e30, allow_subnormal=True), min_size=8, max_size=30),
    st.integers(0, 2**63 - 1),
    st.floats(0.05, 0.8),
)
def test_any_finite_numbers_are_scaled_to_finite_ones(
    values: list[float], seed: int, test_fraction: float
) -> None:
    rows, labels = np.array(values)[:, None], np.arange(len(values)) % 3
    data = tables.with_classes(rows, labels, "abc", ("x",), seed, test_fraction)
    assert np.isfinite(data.train_inputs).all()
    assert np.isfinite(data.test_inputs).all()
    assert set(data.train_targets) == set(data.test_targets) == {0, 1, 2}
