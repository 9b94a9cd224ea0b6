"""Medians, interquartile means and probabilities of improvement with confidence intervals, without assuming a
distribution, and what an interval says.

Sources: Efron, B. (1979). Bootstrap methods: another look at the jackknife. Annals of Statistics 7(1).
Agarwal, R. et al. (2021). Deep reinforcement learning at the edge of the statistical precipice. NeurIPS.
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


def _percentiles(statistics: np.ndarray, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low, high = np.quantile(statistics, (tail, 1 - tail))
    return float(low), float(high)
