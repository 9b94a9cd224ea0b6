"""Tables: rows of numbers with a class or a value each. Scales are those of the training data alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.dataset import CLASSIFICATION, REGRESSION, TABLE, LoadedDataset
from core.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

# A scaled feature is clipped to so many standard deviations: else an outlier makes the loss overflow.
MAX_DEVIATIONS = 1e6
# A column whose standard deviation is a smaller fraction of its largest value is constant but for rounding.
CONSTANT = 1e-12


def iris(seed: int, test_fraction: float) -> LoadedDataset:
    """150 irises of three species by length and width of their sepals and petals. Fisher 1936."""
    from sklearn.datasets import load_iris

    return _classes_of(load_iris(), seed, test_fraction)


def wine(seed: int, test_fraction: float) -> LoadedDataset:
    """178 wines of three growers by 13 chemical measures. Aeberhard & Forina 1991."""
    from sklearn.datasets import load_wine

    return _classes_of(load_wine(), seed, test_fraction)


def breast_cancer(seed: int, test_fraction: float) -> LoadedDataset:
    """569 tumours, malignant or benign, by 30 measures of their cells' nuclei. Street et al. 1993."""
    from sklearn.datasets import load_breast_cancer

    return _classes_of(load_breast_cancer(), seed, test_fraction)


def digits(seed: int, test_fraction: float) -> LoadedDataset:
    """1,797 digits as rows of 64 shades, without the positions of the pixels. Alpaydin & Kaynak 1998."""
    from sklearn.datasets import load_digits

    return _classes_of(load_digits(), seed, test_fraction)


def diabetes(seed: int, test_fraction: float) -> LoadedDataset:
    """442 patients by ten measures: progression of their diabetes in a year. Efron et al. 2004."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    return with_values(data.data, data.target, tuple(data.feature_names), "progression", seed, test_fraction)


def with_classes(
    inputs: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    features: tuple[str, ...],
    seed: int,
    test_fraction: float,
) -> LoadedDataset:
    """Rows (samples, features) and class numbers (samples,), split with the same fraction of each class.

    Every class needs two rows or more, so that training and test data have some.
    """
    train, test = stratified(labels, test_fraction, np.random.default_rng(seed))
    scale = scaling(inputs[train])
    targets = labels.astype(np.int64)
    return LoadedDataset(
        kind=TABLE,
        task=CLASSIFICATION,
        train_inputs=scaled(inputs[train], *scale),
        train_targets=targets[train],
        test_inputs=scaled(inputs[test], *scale),
        test_targets=targets[test],
        classes=tuple(classes),
        features=features,
    )


def with_values(
    inputs: np.ndarray,
    values: np.ndarray,
    features: tuple[str, ...],
    target_name: str,
    seed: int,
    test_fraction: float,
) -> LoadedDataset:
    """Rows (samples, features) and a value each (samples,), scaled as well; the split is random.

    Raises InvalidRequest when all values of a split are equal: nothing can be better than their mean.
    """
    order = np.random.default_rng(seed).permutation(len(inputs))
    test_size = min(max(2, round(test_fraction * len(inputs))), len(inputs) - 2)
    test, train = order[:test_size], order[test_size:]
    scale, (mean, deviation) = scaling(inputs[train]), scaling(values[train])
    targets = scaled(values, mean, deviation)
    for split, rows in (("training", train), ("test", test)):
        if np.ptp(targets[rows]) == 0:
            raise InvalidRequest(
                f"All {len(rows):,} {split} rows have the same {target_name!r}: nothing to predict."
            )
    return LoadedDataset(
        kind=TABLE,
        task=REGRESSION,
        train_inputs=scaled(inputs[train], *scale),
        train_targets=targets[train],
        test_inputs=scaled(inputs[test], *scale),
        test_targets=targets[test],
        features=features,
        target_name=target_name,
        target_mean=float(mean),
        target_scale=float(deviation),
    )


def stratified(
    labels: np.ndarray, test_fraction: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training and the test rows, each in random order; both have rows of every class."""
    train, test = [], []
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        test_size = min(max(1, round(test_fraction * len(members))), len(members) - 1)
        test.append(members[:test_size])
        train.append(members[test_size:])
    return random.permutation(np.concatenate(train)), random.permutation(np.concatenate(test))


def scaling(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation over the first axis; 1 for a constant column."""
    values = values.astype(np.float64)
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    constant = deviation <= CONSTANT * np.abs(values).max(axis=0)
    return mean, np.where(constant, 1.0, deviation)


def scaled(values: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """(values - mean) / deviation as float32, clipped to MAX_DEVIATIONS."""
    with np.errstate(over="ignore"):
        scale_free = (values.astype(np.float64) - mean) / deviation
    return np.clip(scale_free, -MAX_DEVIATIONS, MAX_DEVIATIONS).astype(np.float32)


def _classes_of(data: Any, seed: int, test_fraction: float) -> LoadedDataset:
    classes = [str(name).replace("class_", "grower ") for name in data.target_names]
    features = tuple(str(name) for name in data.feature_names)
    return with_classes(data.data, data.target, classes, features, seed, test_fraction)
