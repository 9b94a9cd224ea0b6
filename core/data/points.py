"""Classes of points in the plane: moons, circles, spirals, XOR, Gaussians, checkerboards, typed formulas."""

from __future__ import annotations

import numpy as np

from core.data.dataset import CLASSIFICATION, POINTS, LoadedDataset
from core.data.features import FEATURES, features_of, inputs_of, plain_encoding
from core.data.user.formulas import EDGE, class_masks, formula_of_classes
from core.errors import InvalidRequest
from core.events import Picture

# The inner circle's radius against the outer one's.
CIRCLES_RATIO = 0.5

# By default the spiral winds this often around the centre, out to this radius. The turns are those of
# https://playground.tensorflow.org, whose spiral is a well-known test of small networks.
SPIRAL_TURNS = 1.75
SPIRAL_RADIUS = 2.0

# XOR's squares end this far from the axes, so that a little noise leaves the classes apart.
XOR_GAP = 0.1

# The squares of a checkerboard have edges of length 1, of which this much is empty on each side.
CHECKERBOARD_GAP = 0.07

# Distance of neighbouring Gaussians, that of (-1, -1) from (1, 1), however many there are.
GAUSSIANS_DISTANCE = 2 * np.sqrt(2)

# Points of a formula are drawn so many for each that is needed, and so often: a class that has a hundredth of
# the plane needs fifty for each.
_DRAWN, _MAX_DRAWS = 4, 200
MAX_SHOWN = 1000  # points of each split in a picture


def moons(samples: int, noise: float, seed: int, test_fraction: float, features: str) -> LoadedDataset:
    """Two half circles of radius 1 that reach into each other; class 1 is the lower one."""
    above, below = _class_sizes(samples, 2)
    angle, angle_below = np.linspace(0, np.pi, above), np.linspace(0, np.pi, below)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle_below), 0.5 - np.sin(angle_below)], axis=1)
    return _split([upper, lower], noise, seed, test_fraction, features)


def circles(samples: int, noise: float, seed: int, test_fraction: float, features: str) -> LoadedDataset:
    """A circle of radius 1 (class 0) around one of radius 0.5 (class 1)."""
    outside, inside = _class_sizes(samples, 2)
    outer = _circle(outside)
    inner = CIRCLES_RATIO * _circle(inside)
    return _split([outer, inner], noise, seed, test_fraction, features)


def spiral(
    samples: int, noise: float, seed: int, test_fraction: float, features: str, arms: int, turns: float
) -> LoadedDataset:
    """Arms that wind around the origin, a class each, evenly spread; with two, half a turn apart."""
    angles = 2 * np.pi * np.arange(arms) / arms
    sizes = _class_sizes(samples, arms)
    classes = [_turned(_arm(size, turns), angle) for size, angle in zip(sizes, angles, strict=True)]
    return _split(classes, noise, seed, test_fraction, features)


def xor(samples: int, noise: float, seed: int, test_fraction: float, features: str) -> LoadedDataset:
    """Points of [-1, 1] x [-1, 1]; class 1 where the signs of x and y differ. Minsky & Papert 1969."""
    random = np.random.default_rng([seed, 1])  # another stream than that of the noise
    same, different = (
        random.uniform(XOR_GAP, 1, (count, 2)) * random.choice([-1, 1], (count, 1))
        for count in _class_sizes(samples, 2)
    )
    return _split([same, different * [1, -1]], noise, seed, test_fraction, features)


def gaussians(
    samples: int, noise: float, seed: int, test_fraction: float, features: str, classes: int
) -> LoadedDataset:
    """A cloud for each class, on a circle around the origin; noise is their standard deviation.

    The first of two is around (-1, -1) and the second around (1, 1).
    """
    radius = GAUSSIANS_DISTANCE / 2 / np.sin(np.pi / classes)
    angles = 2 * np.pi * np.arange(classes) / classes - 0.75 * np.pi
    centres = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    clouds = [
        np.tile(centre, (size, 1))
        for centre, size in zip(centres, _class_sizes(samples, classes), strict=True)
    ]
    return _split(clouds, noise, seed, test_fraction, features)


def checkerboard(
    samples: int, noise: float, seed: int, test_fraction: float, features: str, squares: int
) -> LoadedDataset:
    """Points on a board around the origin with so many squares of length 1 along each edge.

    Class 0 has the square at the lower left, and every other one.
    """
    random = np.random.default_rng([seed, 1])  # another stream than that of the noise
    column, row = np.divmod(np.arange(squares**2), squares)
    classes = []
    for colour, size in enumerate(_class_sizes(samples, 2)):
        square = random.choice(np.flatnonzero((column + row) % 2 == colour), size)
        corner = np.stack([column[square], row[square]], axis=1) - squares / 2
        classes.append(corner + random.uniform(CHECKERBOARD_GAP, 1 - CHECKERBOARD_GAP, (size, 2)))
    return _split(classes, noise, seed, test_fraction, features)


def formula(
    samples: int, noise: float, seed: int, test_fraction: float, features: str, formula: str, margin: float
) -> LoadedDataset:
    """Points of the plane from -EDGE to EDGE; class 1 where the formula of x and y is above the margin, class
    0 where it is at or below minus the margin, equally many of each. Raises InvalidRequest for a formula that
    cannot be.
    """
    values = formula_of_classes(formula, margin).values
    random = np.random.default_rng([seed, 1])  # another stream than that of the noise
    sizes = _class_sizes(samples, 2)
    found: list[list[np.ndarray]] = [[], []]
    for _ in range(_MAX_DRAWS):
        points = random.uniform(-EDGE, EDGE, (_DRAWN * samples, 2)).astype(np.float32)
        for part, mask in zip(found, class_masks(values(points), margin), strict=True):
            part.append(points[mask])
        if all(sum(map(len, part)) >= size for part, size in zip(found, sizes, strict=True)):
            classes = [np.concatenate(part)[:size] for part, size in zip(found, sizes, strict=True)]
            return _split(classes, noise, seed, test_fraction, features)
    raise InvalidRequest("One class of the formula has too small a part of the plane to find points in.")


def picture(data: LoadedDataset) -> Picture:
    """ "points": train and test points, float32 (n, 2), and their classes, uint8 (n,); at most 1,000 each."""
    assert data.train_plane is not None
    assert data.test_plane is not None
    shown = slice(MAX_SHOWN)
    arrays = {
        "train_points": data.train_plane[shown],
        "train_labels": data.train_targets[shown].astype(np.uint8),
        "test_points": data.test_plane[shown],
        "test_labels": data.test_targets[shown].astype(np.uint8),
    }
    return Picture("points", 0, arrays, {"classes": list(data.classes), "features": ["x", "y"]})


def _class_sizes(samples: int, classes: int) -> list[int]:
    """Samples of each class: equally many, or one more."""
    return [(samples + number) // classes for number in range(classes)]


def _circle(samples: int) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, samples, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _arm(samples: int, turns: float) -> np.ndarray:
    fraction = np.linspace(0, 1, samples)  # of the arm: angle and radius grow together (Archimedes)
    angle = 2 * np.pi * turns * fraction
    return SPIRAL_RADIUS * fraction[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)


def _turned(points: np.ndarray, angle: float) -> np.ndarray:
    """Points turned clockwise around the origin, as the arms of the spiral wind."""
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, -sin], [sin, cos]])


def _split(
    classes: list[np.ndarray], noise: float, seed: int, test_fraction: float, features: str = "x,y"
) -> LoadedDataset:
    """Add normal noise, shuffle, and split into training and test data."""
    random = np.random.default_rng(seed)
    points = np.concatenate(classes)
    points = (points + random.normal(0.0, noise, points.shape)).astype(np.float32)
    labels = np.repeat(np.arange(len(classes)), [len(points_of) for points_of in classes])
    order = random.permutation(len(points))
    points, labels = points[order], labels[order].astype(np.int64)
    names = tuple(FEATURES[key].name for key in features_of(features))
    inputs = inputs_of(points, names)
    test_size = max(1, round(test_fraction * len(points)))
    numbers = tuple(str(number) for number in range(len(classes)))
    target = {"name": "class", "classes": [*numbers]}
    return LoadedDataset(
        kind=POINTS,
        task=CLASSIFICATION,
        train_inputs=inputs[test_size:],
        train_targets=labels[test_size:],
        test_inputs=inputs[:test_size],
        test_targets=labels[:test_size],
        classes=numbers,
        features=names,
        train_plane=points[test_size:],
        test_plane=points[:test_size],
        encoding=plain_encoding(("x", "y"), target, features_of(features)),
    )
