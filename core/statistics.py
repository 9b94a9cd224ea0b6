"""Medians with confidence intervals, without assuming a distribution, and what an interval says.

Source: Efron, B. (1979). Bootstrap methods: another look at the jackknife. Annals of Statistics 7(1).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Fewer samples than this cannot bound a median with 95% confidence: 1 - 2 * 0.5**6 = 97%, with five 94%.
MIN_SAMPLES = 6

_RESAMPLES = 1000

# Position of an interval of differences.
ABOVE, BELOW, WITHIN, UNDECIDED = "above", "below", "within", "undecided"


def median_interval(samples: Sequence[float], seed: int = 0, confidence: float = 0.95) -> tuple[float, float]:
    """Lower and upper end of the percentile bootstrap interval of the median."""
    return _percentiles(_medians(samples, np.random.default_rng(seed)), confidence)


def median_interval_if_enough(
    samples: Sequence[float], seed: int = 0, confidence: float = 0.95
) -> tuple[float, float] | None:
    """The same; None for so few samples that no interval bounds their median."""
    return median_interval(samples, seed, confidence) if len(samples) >= MIN_SAMPLES else None


def judge_interval(low: float, high: float, edge: float = 0.0, near: float = 0.0) -> str:
    """Position of an interval of paired differences: ABOVE edge, BELOW -edge, WITHIN ±near or UNDECIDED."""
    if low > edge:
        return ABOVE
    if high < -edge:
        return BELOW
    return WITHIN if -near <= low and high <= near else UNDECIDED


def ratio_interval(
    below: Sequence[float], above: Sequence[float], seed: int = 0, confidence: float = 0.95
) -> tuple[float, float]:
    """The same for the median of one set over the median of another, each resampled independently."""
    generator = np.random.default_rng(seed)
    lower, upper = (_medians(samples, generator) for samples in (below, above))
    return _percentiles(upper / lower, confidence)


def mean_ratio_interval(
    amounts: Sequence[float] | np.ndarray,
    weights: Sequence[float] | np.ndarray,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """The percentile bootstrap interval of the sum of amounts over the sum of their weights, resampled in
    pairs. Weights are positive.
    """
    amount, weight = np.asarray(amounts, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(amount), (_RESAMPLES, len(amount)))
    return _percentiles(amount[drawn].sum(axis=1) / weight[drawn].sum(axis=1), confidence)


def _medians(samples: Sequence[float], generator: np.random.Generator) -> np.ndarray:
    values = np.asarray(samples, dtype=np.float64)
    return np.median(values[generator.integers(0, len(values), (_RESAMPLES, len(values)))], axis=1)


def _percentiles(statistics: np.ndarray, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low, high = np.quantile(statistics, (tail, 1 - tail))
    return float(low), float(high)
