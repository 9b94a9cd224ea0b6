"""Which variant is best, and which differences are more than luck."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

import numpy as np

from core.statistics import (
    ABOVE,
    MIN_SAMPLES,
    improvement_interval,
    interquartile_mean,
    interquartile_mean_interval,
    judge_interval,
    median_interval_if_enough,
    probability_of_improvement,
)
from core.training.ensembles.events import RankedVariant


def ranked(
    final: Mapping[str, Sequence[float | None]], seconds: Mapping[str, float], diverged: Mapping[str, int]
) -> tuple[RankedVariant, ...]:
    """Variants by the median of their members' final metric, larger first; ties with the first are marked.

    final holds one number a seed, in the same order for each variant: differences are taken seed by seed,
    which leaves out what the seed itself does. None, where nothing was learned, counts as worse than all.
    """
    medians = {name: _median(values) for name, values in final.items()}
    order = sorted(final, key=lambda name: -medians[name])
    first = order[0]
    # Each of the others is compared with the first: together they may be wrong in 5%.
    confidence = 1 - 0.05 / max(1, len(order) - 1)
    ranking = []
    for name in order:
        low, high = median_interval_if_enough(_numbers(final[name])) or (None, None)
        behind, behind_low, behind_high, tied = None, None, None, name == first
        iqm, iqm_low, iqm_high = _interquartile(_worst_for_none(final[name]))
        improvement: tuple[float | None, ...] = (None, None, None)
        if name != first:
            pairs = zip(final[first], final[name], strict=True)
            gaps = [one - other for one, other in pairs if one is not None and other is not None]
            behind = statistics.median(gaps) if gaps else None
            interval = median_interval_if_enough(gaps, confidence=confidence)
            behind_low, behind_high = interval or (None, None)
            # With too few seeds for an interval nothing is certain.
            tied = bool(gaps) and not (interval and judge_interval(*interval) == ABOVE)
            improvement = _improvement(
                _worst_for_none(final[first]), _worst_for_none(final[name]), confidence
            )
        ranking.append(
            RankedVariant(
                variant=name,
                median=medians[name] if _numbers(final[name]) else None,
                low=low,
                high=high,
                behind=behind,
                behind_low=behind_low,
                behind_high=behind_high,
                tied=tied,
                diverged=diverged[name],
                seconds=seconds[name],
                iqm=iqm,
                iqm_low=iqm_low,
                iqm_high=iqm_high,
                improvement=improvement[0],
                improvement_low=improvement[1],
                improvement_high=improvement[2],
            )
        )
    return tuple(ranking)


def _interquartile(scores: list[float]) -> tuple[float | None, float | None, float | None]:
    """The interquartile mean and its interval; an ensemble has one task, so one stratum."""
    with np.errstate(invalid="ignore"):  # between two infinite percentiles there is no number
        low, high = interquartile_mean_interval([scores]) if len(scores) >= MIN_SAMPLES else (None, None)
    return _finite(interquartile_mean(scores)), _finite(low), _finite(high)


def _improvement(
    first: list[float], scores: list[float], confidence: float
) -> tuple[float | None, float | None, float | None]:
    """The probability that the first ends better, and its interval."""
    interval: tuple[float | None, float | None] = (None, None)
    if len(scores) >= MIN_SAMPLES:
        interval = improvement_interval([(first, scores)], confidence=confidence)
    return probability_of_improvement(first, scores), *interval


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _worst_for_none(values: Sequence[float | None]) -> list[float]:
    return [-math.inf if value is None else value for value in values]


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _median(values: Sequence[float | None]) -> float:
    return statistics.median(_worst_for_none(values))
