"""Tables: rows of numbers with a class or a value each. Scales are those of the training data alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.csv_cells import POINT
from core.data.dataset import CLASSIFICATION, REGRESSION, TABLE, LoadedDataset
from core.data.packaged import scikit_learn
from core.data.row_encoding import NUMBER
from core.data.table_columns import FILL
from core.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.data.packaged.scikit_learn import PackagedTable

# A scaled feature is clipped to so many standard deviations: else an outlier makes the loss overflow.
MAX_DEVIATIONS = 1e6
# A column whose standard deviation is a smaller fraction of its largest value is constant but for rounding.
CONSTANT = 1e-12


def iris(seed: int, test_fraction: float) -> LoadedDataset:
    """150 irises of three species by length and width of their sepals and petals. Fisher 1936."""
    return _classes_of(scikit_learn.iris(), seed, test_fraction)


def wine(seed: int, test_fraction: float) -> LoadedDataset:
    """178 wines of three growers by 13 chemical measures. Aeberhard & Forina 1991."""
    return _classes_of(scikit_learn.wine(), seed, test_fraction)


def breast_cancer(seed: int, test_fraction: float) -> LoadedDataset:
    """569 tumours, malignant or benign, by 30 measures of their cells' nuclei. Street et al. 1993."""
    return _classes_of(scikit_learn.breast_cancer(), seed, test_fraction)


def digits(seed: int, test_fraction: float) -> LoadedDataset:
    """1,797 digits as rows of 64 shades, without the positions of the pixels. Alpaydin & Kaynak 1998."""
    return _classes_of(scikit_learn.digits(), seed, test_fraction)


def diabetes(seed: int, test_fraction: float) -> LoadedDataset:
    """442 patients by ten measures: progression of their diabetes in a year. Efron et al. 2004."""
    data = scikit_learn.diabetes()
    return with_values(data.inputs, data.targets, data.features, "progression", seed, test_fraction)


def with_classes(
    inputs: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    features: tuple[str, ...],
    seed: int,
    test_fraction: float,
    target_name: str = "class",
    columns: Sequence[Mapping[str, Any]] | None = None,
) -> LoadedDataset:
    """Rows (samples, features) and class numbers (samples,), split with the same fraction of each class.

    NaN becomes the mean of the training rows. columns are what the features were read from, see row_encoding;
    left out, a column of numbers each. Every class needs two rows or more, so that training and test data
    have some.
    """
    train, test = stratified(labels, test_fraction, np.random.default_rng(seed))
    inputs = filled(inputs, train)
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
        encoding=_encoding(features, columns, scale, {"name": target_name, "classes": [*classes]}),
    )


def with_values(
    inputs: np.ndarray,
    values: np.ndarray,
    features: tuple[str, ...],
    target_name: str,
    seed: int,
    test_fraction: float,
    columns: Sequence[Mapping[str, Any]] | None = None,
) -> LoadedDataset:
    """Rows (samples, features) and a value each (samples,), scaled as well; the split is random.

    NaN and columns are as in with_classes().
    Raises InvalidRequest when all values of a split are equal: nothing can be better than their mean.
    """
    order = np.random.default_rng(seed).permutation(len(inputs))
    test_size = min(max(2, round(test_fraction * len(inputs))), len(inputs) - 2)
    test, train = order[:test_size], order[test_size:]
    inputs = filled(inputs, train)
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
        encoding=_encoding(
            features,
            columns,
            scale,
            {"name": target_name, "mean": float(mean), "scale": float(deviation)},
        ),
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


def filled(inputs: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Inputs (samples, features) with the mean of the training rows in place of NaN; 0 where it is none."""
    holes = np.isnan(inputs)
    if not holes.any():
        return inputs
    counts = (~holes[train]).sum(axis=0)
    means = np.where(holes[train], 0.0, inputs[train]).sum(axis=0) / np.maximum(counts, 1)
    return np.where(holes, means, inputs)


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


def _encoding(
    features: Sequence[str],
    columns: Sequence[Mapping[str, Any]] | None,
    scale: tuple[np.ndarray, np.ndarray],
    target: Mapping[str, Any],
) -> dict[str, Any]:
    """What a new row is read by, see row_encoding."""
    plain = {"kind": NUMBER, "decimal": POINT, "texts_missing": False}
    means, deviations = (iter(values.tolist()) for values in scale)
    found: list[dict[str, Any]] = []
    for column in columns or [plain | {"name": name} for name in features]:
        entry = {name: value for name, value in column.items() if name != "holes"}
        if column["kind"] == NUMBER:
            mean = next(means)
            fill = mean if column.get("holes") == FILL else None
            found.append(entry | {"mean": mean, "deviation": next(deviations), "fill": fill})
        else:
            count = len(column["values"])
            found.append(
                entry
                | {"means": [next(means) for _ in range(count)]}
                | {"deviations": [next(deviations) for _ in range(count)]}
            )
    return {"columns": found, "max_deviations": MAX_DEVIATIONS, "target": dict(target)}


def _classes_of(data: PackagedTable, seed: int, test_fraction: float) -> LoadedDataset:
    classes = [name.replace("class_", "grower ") for name in data.classes]
    return with_classes(data.inputs, data.targets, classes, data.features, seed, test_fraction)
