"""Two classes of points in the plane: moons, circles, a two-arm spiral, XOR and Gaussians."""

from __future__ import annotations

import numpy as np

from core.data.dataset import CLASSIFICATION, POINTS, LoadedDataset

# The inner circle's radius against the outer one's.
CIRCLES_RATIO = 0.5

# Each arm of the spiral winds this often around the centre, out to this radius. The turns are those of
# https://playground.tensorflow.org, whose spiral is a well-known test of small networks.
SPIRAL_TURNS = 1.75
SPIRAL_RADIUS = 2.0

# XOR's squares end this far from the axes, so that a little noise leaves the classes apart.
XOR_GAP = 0.1


def moons(samples: int, noise: float, seed: int, test_fraction: float) -> LoadedDataset:
    """Two half circles of radius 1 that reach into each other; class 1 is the lower one."""
    above, below = _halves(samples)
    angle, angle_below = np.linspace(0, np.pi, above), np.linspace(0, np.pi, below)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle_below), 0.5 - np.sin(angle_below)], axis=1)
    return _split(upper, lower, noise, seed, test_fraction)


def circles(samples: int, noise: float, seed: int, test_fraction: float) -> LoadedDataset:
    """A circle of radius 1 (class 0) around one of radius 0.5 (class 1)."""
    outside, inside = _halves(samples)
    outer = _circle(outside)
    inner = CIRCLES_RATIO * _circle(inside)
    return _split(outer, inner, noise, seed, test_fraction)


def spiral(samples: int, noise: float, seed: int, test_fraction: float) -> LoadedDataset:
    """Two arms that wind around the origin, class 1 half a turn behind class 0."""
    first, second = _halves(samples)
    return _split(_arm(first), -_arm(second), noise, seed, test_fraction)


def xor(samples: int, noise: float, seed: int, test_fraction: float) -> LoadedDataset:
    """Points of [-1, 1] x [-1, 1]; class 1 where the signs of x and y differ. Minsky & Papert 1969."""
    random = np.random.default_rng([seed, 1])  # not the numbers that noise is drawn from
    same, different = (
        random.uniform(XOR_GAP, 1, (count, 2)) * random.choice([-1, 1], (count, 1))
        for count in _halves(samples)
    )
    return _split(same, different * [1, -1], noise, seed, test_fraction)


def gaussians(samples: int, noise: float, seed: int, test_fraction: float) -> LoadedDataset:
    """A cloud around (-1, -1), class 0, and one around (1, 1); noise is their standard deviation."""
    first, second = _halves(samples)
    return _split(np.full((first, 2), -1.0), np.full((second, 2), 1.0), noise, seed, test_fraction)


def _halves(samples: int) -> tuple[int, int]:
    return samples // 2, samples - samples // 2


def _circle(samples: int) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, samples, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _arm(samples: int) -> np.ndarray:
    share = np.linspace(0, 1, samples)  # of the way out: angle and radius grow together (Archimedes)
    angle = 2 * np.pi * SPIRAL_TURNS * share
    return SPIRAL_RADIUS * share[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)


def _split(
    class_0: np.ndarray, class_1: np.ndarray, noise: float, seed: int, test_fraction: float
) -> LoadedDataset:
    """Add normal noise, mix, and hold a part back."""
    random = np.random.default_rng(seed)
    points = np.concatenate([class_0, class_1])
    points = (points + random.normal(0.0, noise, points.shape)).astype(np.float32)
    labels = np.repeat(np.array([0, 1], np.int64), [len(class_0), len(class_1)])
    order = random.permutation(len(points))
    points, labels = points[order], labels[order]
    held_back = max(1, round(test_fraction * len(points)))
    return LoadedDataset(
        kind=POINTS,
        task=CLASSIFICATION,
        train_inputs=points[held_back:],
        train_targets=labels[held_back:],
        test_inputs=points[:held_back],
        test_targets=labels[:held_back],
        classes=("0", "1"),
        features=("x", "y"),
    )
