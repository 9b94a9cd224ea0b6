"""The interval of the median agrees with SciPy's and covers the truth as often as it says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.statistics import median_interval


def test_the_interval_is_that_of_scipys_percentile_bootstrap() -> None:
    samples = np.random.default_rng(0).lognormal(0, 0.3, 80)
    theirs = stats.bootstrap(
        (samples,), np.median, method="percentile", n_resamples=5000, rng=np.random.default_rng(1)
    ).confidence_interval
    low, high = median_interval(list(samples))
    assert low == pytest.approx(theirs.low, rel=0.02)
    assert high == pytest.approx(theirs.high, rel=0.02)


def test_it_covers_the_true_median_in_about_95_of_100() -> None:
    generator = np.random.default_rng(2)
    covered = 0
    for repetition in range(300):
        low, high = median_interval(list(generator.exponential(1.0, 40)), seed=repetition)
        covered += low <= np.log(2) <= high
    assert covered >= 0.90 * 300


def test_the_same_seed_gives_the_same_interval() -> None:
    samples = [1.0, 1.1, 0.9, 1.05, 1.3, 1.02]
    assert median_interval(samples, seed=3) == median_interval(samples, seed=3)
