"""Tables read from scikit-learn's files are those that scikit-learn itself loads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import datasets

from core.data.packaged.scikit_learn import TABLES


def loaded(name: str) -> Any:
    """By scikit-learn."""
    return datasets.load_diabetes(scaled=False) if name == "diabetes" else getattr(datasets, f"load_{name}")()


@pytest.mark.parametrize("name", TABLES)
def test_numbers_and_names_are_those_of_the_package(name: str) -> None:
    ours, theirs = TABLES[name](), loaded(name)
    np.testing.assert_array_equal(ours.inputs, theirs.data)
    np.testing.assert_array_equal(ours.targets, theirs.target)
    assert ours.features == tuple(map(str, theirs.feature_names))
    assert ours.classes == tuple(map(str, theirs.get("target_names", ())))
