"""A confidence interval without assuming a distribution: resample what was measured.

Source: Efron, B. (1979). Bootstrap methods: another look at the jackknife. Annals of Statistics 7(1).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Fewer samples than this cannot bound a median with 95% confidence: 1 - 2 * 0.5**6 = 97%, with five 94%.
FEWEST_SAMPLES = 6

_RESAMPLES = 1000


def median_interval(samples: Sequence[float], seed: int = 0, confidence: float = 0.95) -> tuple[float, float]:
    """Lower and upper end of the percentile bootstrap interval of the median."""
    values = np.asarray(samples, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(values), (_RESAMPLES, len(values)))
    medians = np.median(values[drawn], axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(medians, (tail, 1 - tail))
    return float(low), float(high)
