"""The tables that scikit-learn brings, read from its files: to import it takes a second.

Names of columns that are not in the files are those of scikit-learn.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np


@dataclass(frozen=True, eq=False)
class PackagedTable:
    """inputs float64 (rows, features); targets (rows,): class numbers int64, or values float64."""

    inputs: np.ndarray
    targets: np.ndarray
    features: tuple[str, ...]
    classes: tuple[str, ...] = ()


IRIS = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
WINE = (
    *("alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids"),
    *("nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue"),
    *("od280/od315_of_diluted_wines", "proline"),
)
_OF_NUCLEI = (
    *("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points"),
    *("symmetry", "fractal dimension"),
)
BREAST_CANCER = (
    *(f"mean {measure}" for measure in _OF_NUCLEI),
    *(f"{measure} error" for measure in _OF_NUCLEI),
    *(f"worst {measure}" for measure in _OF_NUCLEI),
)
PIXELS = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
DIABETES = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")


def iris() -> PackagedTable:
    """150 irises."""
    return _with_heading("iris.csv", IRIS)


def wine() -> PackagedTable:
    """178 wines."""
    return _with_heading("wine_data.csv", WINE)


def breast_cancer() -> PackagedTable:
    """569 tumours."""
    return _with_heading("breast_cancer.csv", BREAST_CANCER)


def digits() -> PackagedTable:
    """1,797 digits, 64 shades from 0 to 16 each."""
    rows = _numbers("digits.csv.gz", ",")
    return PackagedTable(rows[:, :-1], rows[:, -1].astype(np.int64), PIXELS, tuple(map(str, range(10))))


def diabetes() -> PackagedTable:
    """442 patients, in the units that were measured."""
    return PackagedTable(_numbers("diabetes_data_raw.csv.gz"), _numbers("diabetes_target.csv.gz"), DIABETES)


TABLES: dict[str, Callable[[], PackagedTable]] = {
    "iris": iris,
    "wine": wine,
    "breast_cancer": breast_cancer,
    "digits": digits,
    "diabetes": diabetes,
}


def _with_heading(name: str, features: tuple[str, ...]) -> PackagedTable:
    """The first line has the numbers of rows and columns, and the names of the classes."""
    file = _folder() / name
    with file.open(encoding="utf-8") as lines:
        classes = next(lines).strip().split(",")[2:]
        rows = np.loadtxt(lines, delimiter=",")
    return PackagedTable(rows[:, :-1], rows[:, -1].astype(np.int64), features, tuple(classes))


def _numbers(name: str, delimiter: str | None = None) -> np.ndarray:
    with gzip.open(_folder() / name, "rt", encoding="utf-8") as lines:
        return np.loadtxt(lines, delimiter=delimiter)


def _folder() -> Path:
    """Of the data files, without importing the package."""
    package = find_spec("sklearn")
    assert package is not None
    assert package.submodule_search_locations is not None
    return Path(package.submodule_search_locations[0]) / "datasets" / "data"
