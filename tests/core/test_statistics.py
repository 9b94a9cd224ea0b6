"""Aggregates and their intervals agree with SciPy's and cover the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.statistics import (
    improvement_interval,
    interquartile_mean,
    interquartile_mean_interval,
    median_interval,
    probability_of_improvement,
    ratio_interval,
    ratio_intervals,
)


def test_the_interval_is_that_of_scipys_percentile_bootstrap() -> None:
    samples = np.random.default_rng(0).lognormal(0, 0.3, 80)
    theirs = stats.bootstrap(
        (samples,), np.median, method="percentile", n_resamples=5000, rng=np.random.default_rng(1)
    ).confidence_interval
    low, high = median_interval(list(samples))
    assert low == pytest.approx(theirs.low, rel=0.02)
    assert high == pytest.approx(theirs.high, rel=0.02)


@pytest.mark.parametrize(("size", "other"), [(6, 7), (20, 20), (41, 101)])
def test_the_interval_of_a_ratio_of_medians_is_scipys_percentile_bootstrap(size: int, other: int) -> None:
    generator = np.random.default_rng(size)
    below, above = generator.lognormal(0, 0.1, size), generator.lognormal(0.2, 0.1, other)
    theirs = stats.bootstrap(
        (below, above),
        lambda under, over, axis: np.median(over, axis=axis) / np.median(under, axis=axis),
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    found = np.mean([ratio_interval(below, above, seed) for seed in range(20)], axis=0)
    assert found == pytest.approx((theirs.low, theirs.high), rel=0.006)


def test_intervals_of_many_ratios_are_those_of_each_whatever_the_order_of_its_samples() -> None:
    generator = np.random.default_rng(0)
    pairs = [(generator.lognormal(0, 0.1, size), generator.lognormal(0, 0.1, 9)) for size in (1, 2, 9, 9, 10)]
    found = ratio_intervals(pairs, seed=5)
    assert found == [ratio_interval(below[::-1], above[::-1], seed=5) for below, above in pairs]
    assert len(set(found)) == len(pairs)


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


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 30, 101])
def test_the_interquartile_mean_is_scipys_trimmed_mean(size: int) -> None:
    scores = np.random.default_rng(size).lognormal(0, 1, size)
    assert interquartile_mean(scores) == pytest.approx(stats.trim_mean(scores, 0.25), rel=1e-12)


def test_the_interval_of_the_interquartile_mean_is_scipys_percentile_bootstrap() -> None:
    scores = np.random.default_rng(0).lognormal(0, 0.3, 40)
    theirs = stats.bootstrap(
        (scores,),
        lambda drawn, axis: stats.trim_mean(drawn, 0.25, axis=axis),
        method="percentile",
        n_resamples=5000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert interquartile_mean_interval([scores]) == pytest.approx((theirs.low, theirs.high), rel=0.02)


def test_runs_are_resampled_within_their_task() -> None:
    """Tasks far apart and runs that hardly differ: whoever mixed the tasks would get an interval as wide as
    their distance.
    """
    easy, hard = [1.0, 1.001, 1.002, 1.003], [0.0, 0.001, 0.002, 0.003]
    low, high = interquartile_mean_interval([easy, hard])
    assert 0.495 <= low <= high <= 0.51
    assert improvement_interval([(easy, hard), (hard, easy)]) == (0.5, 0.5)


@pytest.mark.parametrize(("mean", "size"), [(0.0, 12), (1.0, 24)])
def test_intervals_cover_the_interquartile_mean_and_the_probability_of_improvement(
    mean: float, size: int
) -> None:
    """Of normal scores the first is their mean, and P(X > Y) = Phi(distance / sqrt(2))."""
    generator = np.random.default_rng(3)
    covered = np.zeros(2)
    probability = stats.norm.cdf(mean / np.sqrt(2))
    for repetition in range(200):
        scores, others = generator.normal(mean, 1, size), generator.normal(0, 1, size)
        low, high = interquartile_mean_interval([scores], seed=repetition)
        least, most = improvement_interval([(scores, others)], seed=repetition)
        covered += (low <= mean <= high, least <= probability <= most)
    assert (covered >= 0.87 * 200).all()  # a percentile bootstrap of few scores is a little too narrow


def test_the_probability_of_improvement_is_u_over_n_m_ties_counted_half() -> None:
    generator = np.random.default_rng(4)
    scores, others = generator.integers(0, 5, 17) / 4, generator.integers(0, 5, 23) / 4
    u = stats.mannwhitneyu(scores, others).statistic
    assert probability_of_improvement(scores, others) == pytest.approx(u / (17 * 23), rel=1e-12)
    assert probability_of_improvement(scores, scores) == 0.5
    assert probability_of_improvement([-np.inf, 1.0], [-np.inf, -np.inf]) == 0.75


def test_the_interval_of_the_probability_is_scipys_percentile_bootstrap() -> None:
    generator = np.random.default_rng(5)
    scores, others = generator.normal(0.5, 1, 15), generator.normal(0, 1, 20)
    theirs = stats.bootstrap(
        (scores, others),
        lambda x, y, axis: (x[..., :, None] > y[..., None, :]).mean(axis=(-1, -2)),
        method="percentile",
        vectorized=True,
        n_resamples=5000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert improvement_interval([(scores, others)]) == pytest.approx((theirs.low, theirs.high), abs=0.02)
