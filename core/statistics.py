"""Medians, interquartile means and probabilities of improvement with confidence intervals, without assuming a
distribution, and what an interval says.

Sources: Efron, B. (1979). Bootstrap methods: another look at the jackknife. Annals of Statistics 7(1).
Agarwal, R. et al. (2021). Deep reinforcement learning at the edge of the statistical precipice. NeurIPS.
David, H. A. & Nagaraja, H. N. (2003). Order statistics, 3rd edition, section 7.1. Wiley.
Nadeau, C. & Bengio, Y. (2003). Inference for the generalization error. Machine Learning 52.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from core.lazy import LazyModule

if TYPE_CHECKING:
    import numpy as np
    from scipy import special
else:
    np = LazyModule("numpy")
    special = LazyModule("scipy.special")

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


def median_bounds(
    lows: Sequence[float], highs: Sequence[float], confidence: float = 0.95
) -> tuple[float, float, float]:
    """(median, lower end, upper end) of samples of which each is known to lie from its low to its high.

    The ends are order statistics, so they hold for every distribution with at least this confidence, however
    few the samples: with too few they are infinite. A run that was capped has an infinite high.
    """
    lower, upper = np.sort(np.asarray(lows, np.float64)), np.sort(np.asarray(highs, np.float64))
    rank = _rank_of_bound(len(lower), confidence)
    median = _middle(lower) if np.array_equal(lower, upper) else _middle_of_bounds(lower, upper)
    if rank == 0:
        return median, -math.inf, math.inf
    return median, float(lower[rank - 1]), float(upper[len(upper) - rank])


def corrected_t_interval(
    differences: Sequence[float], test_by_train: float, confidence: float = 0.95
) -> tuple[float, float, float]:
    """(mean, lower end, upper end) of what differs between two methods over random splits of one data set.

    Training splits overlap, so that the variance of the mean is larger than that of independent samples, by
    1/n + test_by_train in place of 1/n: the corrected resampled t (Nadeau & Bengio 2003).
    """
    samples = np.asarray(differences, np.float64)
    mean = float(samples.mean())
    if len(samples) < 2:
        return mean, -math.inf, math.inf
    spread = math.sqrt((1 / len(samples) + test_by_train) * samples.var(ddof=1))
    reach = float(special.stdtrit(len(samples) - 1, (1 + confidence) / 2)) * spread
    return mean, mean - reach, mean + reach


def ratio_interval(
    below: Sequence[float], above: Sequence[float], seed: int = 0, confidence: float = 0.95
) -> tuple[float, float]:
    """The same for the median of one set over the median of another, each resampled independently."""
    return ratio_intervals([(below, above)], seed, confidence)[0]


def ratio_intervals(
    pairs: Sequence[tuple[Sequence[float], Sequence[float]]], seed: int = 0, confidence: float = 0.95
) -> list[tuple[float, float]]:
    """ratio_interval() of each (below, above) of some hundreds, in a hundredth of the time."""
    if not pairs:
        return []
    ratios = [
        _bootstrap_medians(above, (seed, 1)) / _bootstrap_medians(below, (seed, 0)) for below, above in pairs
    ]
    tail = (1 - confidence) / 2
    lows, highs = np.quantile(ratios, (tail, 1 - tail), axis=1).tolist()
    return list(zip(lows, highs, strict=True))


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


def interquartile_mean(scores: Sequence[float] | np.ndarray) -> float:
    """The mean of the middle half: of n scores the int(n / 4) smallest and as many largest are left out."""
    return float(_middle_means(np.asarray(scores, dtype=np.float64).ravel()))


def interquartile_mean_interval(
    strata: Sequence[Sequence[float]], seed: int = 0, confidence: float = 0.95
) -> tuple[float, float]:
    """The stratified bootstrap interval of the interquartile mean of all scores.

    strata holds the scores of each task, one a run; runs are resampled within their task.
    """
    generator = np.random.default_rng(seed)
    drawn = [_resampled(np.asarray(scores, dtype=np.float64), generator) for scores in strata]
    return _percentiles(_middle_means(np.concatenate(drawn, axis=1)), confidence)


def probability_of_improvement(scores: Sequence[float], others: Sequence[float]) -> float:
    """P(X > Y) + P(X = Y) / 2 of a run X of the first and a run Y of the others: U / (n m) of Mann and
    Whitney.
    """
    return float(_wins(scores, others).mean())


def improvement_interval(
    strata: Sequence[tuple[Sequence[float], Sequence[float]]], seed: int = 0, confidence: float = 0.95
) -> tuple[float, float]:
    """The stratified bootstrap interval of the probability of improvement, the mean over the tasks.

    strata holds for each task the scores of both; each is resampled within the task, apart from the other.
    """
    generator = np.random.default_rng(seed)
    of_tasks = [_resampled_improvements(_wins(scores, others), generator) for scores, others in strata]
    return _percentiles(np.mean(of_tasks, axis=0), confidence)


def _rank_of_bound(samples: int, confidence: float) -> int:
    """The largest k for which the k-th smallest and k-th largest bound the median so surely; 0 for none.

    The median lies outside with probability 2 P(B < k), B the heads of so many fair coins.
    """
    tails = special.bdtr(np.arange(samples // 2), samples, 0.5)
    return int(np.count_nonzero(2 * tails <= 1 - confidence))


def _middle(ordered: np.ndarray) -> float:
    return float(np.median(ordered)) if len(ordered) else math.nan


def _middle_of_bounds(lower: np.ndarray, upper: np.ndarray) -> float:
    """The median where both ends agree on it; nan where what lies beyond a cap decides it."""
    low, high = _middle(lower), _middle(upper)
    return low if low == high else math.nan


def _middle_means(scores: np.ndarray) -> np.ndarray:
    """Along the last axis."""
    size = scores.shape[-1]
    middle = np.sort(scores, axis=-1)[..., size // 4 : size - size // 4]
    means: np.ndarray = middle.mean(axis=-1)
    return means


def _wins(scores: Sequence[float], others: Sequence[float]) -> np.ndarray:
    """(n, m): 1 where a score is above another, 1/2 where they are equal."""
    mine, theirs = np.asarray(scores, dtype=np.float64)[:, None], np.asarray(others, dtype=np.float64)
    wins: np.ndarray = (mine > theirs) + 0.5 * (mine == theirs)
    return wins


def _resampled_improvements(wins: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The mean win of each resample, by how often it draws each row and each column."""
    rows, columns = (generator.multinomial(size, np.full(size, 1 / size), _RESAMPLES) for size in wins.shape)
    means: np.ndarray = ((rows @ wins) * columns).sum(axis=1) / wins.size
    return means


def _resampled(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """(resamples, n), each row drawn from the n values with replacement."""
    resampled: np.ndarray = values[generator.integers(0, len(values), (_RESAMPLES, len(values)))]
    return resampled


def _medians(samples: Sequence[float], generator: np.random.Generator) -> np.ndarray:
    return np.median(_resampled(np.asarray(samples, dtype=np.float64), generator), axis=1)


def _bootstrap_medians(samples: Sequence[float], seed: tuple[int, ...]) -> np.ndarray:
    """The medians of resamples without the resamples: the middle of n draws is a sample of the same rank,
    whatever the samples are, so that its ranks are drawn once for all sets of n.
    """
    ordered = np.sort(np.asarray(samples, dtype=np.float64))
    low, high = _middle_ranks(len(ordered), seed)
    medians: np.ndarray = (ordered[low] + ordered[high]) / 2
    return medians


@lru_cache(maxsize=4096)
def _middle_ranks(size: int, seed: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Of the one or two draws in the middle of n from n, their ranks from 0 on, one pair a resample.

    A draw is the rank int(n U), U uniform. Of n such U in their order the k-th is Beta(k, n - k + 1), and the
    next divides what is left above it as the smallest of n - k would (David & Nagaraja 2003, 2.1 and 2.5).
    """
    generator, below = np.random.default_rng(seed), (size + 1) // 2
    first = generator.beta(below, size - below + 1, _RESAMPLES)
    second = first
    if size % 2 == 0:
        second = first + (1 - first) * generator.beta(1, size - below, _RESAMPLES)
    low, high = ((size * drawn).astype(np.intp).clip(max=size - 1) for drawn in (first, second))
    return low, high


def _percentiles(statistics: np.ndarray, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low, high = np.quantile(statistics, (tail, 1 - tail))
    return float(low), float(high)
