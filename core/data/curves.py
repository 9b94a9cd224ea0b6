"""Regression on one input and on two: curves and surfaces, under noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.data.dataset import CURVE, REGRESSION, SURFACE, LoadedDataset
from core.data.features import plain_encoding
from core.data.user.formulas import EDGE, MAX_VALUE, formula_of_values
from core.events import Picture

# x, and y of a surface, are uniform from -EDGE to EDGE.

# Each hill of the surface: x and y of its top, height (a hollow's is negative), standard deviation.
HILLS = ((-0.9, 0.9, 1.0, 0.6), (1.0, 0.6, 0.7, 0.4), (0.3, -0.9, -1.0, 0.6))

MAX_SHOWN = 500  # samples of each split in a picture

Truth = Callable[[np.ndarray], np.ndarray]


def sine(samples: int, noise: float, seed: int, test_fraction: float, waves: float) -> LoadedDataset:
    """A sine of amplitude 1, with so many periods from -2 to 2."""

    def truth(inputs: np.ndarray) -> np.ndarray:
        return np.sin(np.pi * waves / EDGE * inputs[:, 0])

    return _noisy(truth, CURVE, ("x",), samples, noise, seed, test_fraction)


def step(samples: int, noise: float, seed: int, test_fraction: float) -> LoadedDataset:
    """-1 below zero, and 1 from there on."""
    return _noisy(_step, CURVE, ("x",), samples, noise, seed, test_fraction)


def cubic(samples: int, noise: float, seed: int, test_fraction: float) -> LoadedDataset:
    """(x^3 - 2x) / 2, which turns twice."""
    return _noisy(_cubic, CURVE, ("x",), samples, noise, seed, test_fraction)


def hills(samples: int, noise: float, seed: int, test_fraction: float) -> LoadedDataset:
    """Two round hills and a hollow over x and y, of HILLS."""
    return _noisy(_hills, SURFACE, ("x", "y"), samples, noise, seed, test_fraction)


def formula_curve(samples: int, noise: float, seed: int, test_fraction: float, formula: str) -> LoadedDataset:
    """A typed formula of x. Raises InvalidRequest for one that cannot be."""
    return _noisy(_of_formula(formula, ("x",)), CURVE, ("x",), samples, noise, seed, test_fraction)


def formula_surface(
    samples: int, noise: float, seed: int, test_fraction: float, formula: str
) -> LoadedDataset:
    """A typed formula of x and y. Raises InvalidRequest for one that cannot be."""
    truth = _of_formula(formula, ("x", "y"))
    return _noisy(truth, SURFACE, ("x", "y"), samples, noise, seed, test_fraction)


def picture(data: LoadedDataset) -> Picture:
    """ "curve_samples": train and test, float32 (n, features + 1), the value last; at most 500 each.

    values: features (names), answer (the value's name).
    """
    arrays = {
        split: np.column_stack([inputs, targets])[:MAX_SHOWN].astype(np.float32)
        for split, inputs, targets in (
            ("train", data.train_inputs, data.train_targets),
            ("test", data.test_inputs, data.test_targets),
        )
    }
    return Picture("curve_samples", 0, arrays, {"features": list(data.features), "answer": data.target_name})


def _of_formula(text: str, variables: tuple[str, ...]) -> Truth:
    """Its values, of which one between the places that were looked at may be too large or none."""
    formula = formula_of_values(text, variables)

    def truth(inputs: np.ndarray) -> np.ndarray:
        return np.nan_to_num(np.clip(formula.values(inputs), -MAX_VALUE, MAX_VALUE))

    return truth


def _step(inputs: np.ndarray) -> np.ndarray:
    return np.where(inputs[:, 0] < 0, -1.0, 1.0)


def _cubic(inputs: np.ndarray) -> np.ndarray:
    x = inputs[:, 0].astype(np.float64)
    return (x**3 - 2 * x) / 2


def _hills(inputs: np.ndarray) -> np.ndarray:
    height = np.zeros(len(inputs))
    for x, y, top, deviation in HILLS:
        distance = np.hypot(inputs[:, 0] - x, inputs[:, 1] - y)
        height += top * np.exp(-0.5 * (distance / deviation) ** 2)
    return height


def _noisy(
    truth: Truth,
    kind: str,
    features: tuple[str, ...],
    samples: int,
    noise: float,
    seed: int,
    test_fraction: float,
) -> LoadedDataset:
    """Uniform inputs; targets are the truth with normal noise, in training and test data alike."""
    uniform, normal = np.random.default_rng([seed, 1]), np.random.default_rng(seed)
    inputs = uniform.uniform(-EDGE, EDGE, (samples, len(features))).astype(np.float32)
    targets = (truth(inputs) + normal.normal(0.0, noise, samples)).astype(np.float32)
    test_size = max(1, round(test_fraction * samples))
    name = "y" if kind == CURVE else "z"
    return LoadedDataset(
        kind=kind,
        task=REGRESSION,
        train_inputs=inputs[test_size:],
        train_targets=targets[test_size:],
        test_inputs=inputs[:test_size],
        test_targets=targets[:test_size],
        features=features,
        target_name=name,
        truth=truth,
        encoding=plain_encoding(features, {"name": name, "mean": 0.0, "scale": 1.0}),
    )
