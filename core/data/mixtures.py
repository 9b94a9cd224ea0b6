"""Mixtures of Gaussians in the plane: known modes, to see which of them a generator finds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.dataset import GENERATION, MIXTURE

RING_MODES, RING_RADIUS = 8, 2.0
GRID_SIDE, GRID_STEP = 5, 1.0


@dataclass(frozen=True, eq=False)
class LoadedMixture:
    """Samples of a mixture of equally likely isotropic Gaussians."""

    centres: np.ndarray  # float32 (modes, 2)
    standard_deviation: float  # of each mode
    train_inputs: np.ndarray  # float32 (samples, 2)
    test_inputs: np.ndarray  # float32 (samples, 2)
    kind: str = MIXTURE
    task: str = GENERATION


def ring(samples: int, noise: float, seed: int, test_fraction: float) -> LoadedMixture:
    """8 modes on a circle of radius 2; noise is the standard deviation of each."""
    angle = 2 * np.pi * np.arange(RING_MODES) / RING_MODES
    centres = RING_RADIUS * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _sample(centres, samples, noise, seed, test_fraction)


def grid(samples: int, noise: float, seed: int, test_fraction: float) -> LoadedMixture:
    """25 modes, five by five, 1 apart; noise is the standard deviation of each."""
    line = GRID_STEP * (np.arange(GRID_SIDE) - GRID_SIDE // 2)
    centres = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return _sample(centres, samples, noise, seed, test_fraction)


def _sample(
    centres: np.ndarray, samples: int, noise: float, seed: int, test_fraction: float
) -> LoadedMixture:
    random = np.random.default_rng(seed)
    modes = random.integers(len(centres), size=samples)
    points = (centres[modes] + random.normal(0.0, noise, (samples, 2))).astype(np.float32)
    test_size = max(1, round(test_fraction * samples))
    return LoadedMixture(
        centres=centres.astype(np.float32),
        standard_deviation=noise,
        train_inputs=points[test_size:],
        test_inputs=points[:test_size],
    )
