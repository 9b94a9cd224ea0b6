"""Mixtures of Gaussians in the plane: known modes, to see which of them a generator finds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.dataset import GENERATION, MIXTURE

RING_MODES, RING_RADIUS = 8, 2.0
GRID_SIDE, GRID_STEP = 5, 1.0


@dataclass(frozen=True, eq=False)
class LoadedMixture:
    """Points drawn from a mixture of equally likely round Gaussians.

    centres float32 (modes, 2) and standard_deviation of each; train_inputs and test_inputs float32
    (samples, 2).
    """

    centres: np.ndarray
    standard_deviation: float
    train_inputs: np.ndarray
    test_inputs: np.ndarray
    kind: str = MIXTURE
    task: str = GENERATION


def ring(samples: int, noise: float, seed: int, test_fraction: float) -> LoadedMixture:
    """8 modes on a circle of radius 2; noise is the standard deviation of each."""
    angle = 2 * np.pi * np.arange(RING_MODES) / RING_MODES
    centres = RING_RADIUS * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _draw(centres, samples, noise, seed, test_fraction)


def grid(samples: int, noise: float, seed: int, test_fraction: float) -> LoadedMixture:
    """25 modes, five by five, 1 apart; noise is the standard deviation of each."""
    line = GRID_STEP * (np.arange(GRID_SIDE) - GRID_SIDE // 2)
    centres = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return _draw(centres, samples, noise, seed, test_fraction)


def _draw(centres: np.ndarray, samples: int, noise: float, seed: int, test_fraction: float) -> LoadedMixture:
    random = np.random.default_rng(seed)
    modes = random.integers(len(centres), size=samples)
    points = (centres[modes] + random.normal(0.0, noise, (samples, 2))).astype(np.float32)
    held_back = max(1, round(test_fraction * samples))
    return LoadedMixture(
        centres=centres.astype(np.float32),
        standard_deviation=noise,
        train_inputs=points[held_back:],
        test_inputs=points[:held_back],
    )
