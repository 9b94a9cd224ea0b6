"""A confidence interval without assuming a distribution: resample what was measured.

Source: Efron, B. (1979). Bootstrap methods: another look at the jackknife. Annals of Statistics 7(1).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Fewer samples than this cannot bound a median with 95% confidence: 1 - 2 * 0.5**6 = 97%, with five 94%.
MIN_SAMPLES = 6

_RESAMPLES = 1000


def median_interval(samples: Sequence[float], seed: int = 0, confidence: float = 0.95) -> tuple[float, float]:
    """Lower and upper end of the percentile bootstrap interval of the median."""
    return _percentiles(_medians(samples, np.random.default_rng(seed)), confidence)


def ratio_interval(
    below: Sequence[float], above: Sequence[float], seed: int = 0, confidence: float = 0.95
) -> tuple[float, float]:
    """The same for the median of one set over the median of another, each resampled by itself."""
    generator = np.random.default_rng(seed)
    lower, upper = (_medians(samples, generator) for samples in (below, above))
    return _percentiles(upper / lower, confidence)


def _medians(samples: Sequence[float], generator: np.random.Generator) -> np.ndarray:
    values = np.asarray(samples, dtype=np.float64)
    return np.median(values[generator.integers(0, len(values), (_RESAMPLES, len(values)))], axis=1)


def _percentiles(statistics: np.ndarray, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low, high = np.quantile(statistics, (tail, 1 - tail))
    return float(low), float(high)
