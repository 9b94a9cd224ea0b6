"""Which variant is best, and which differences are more than luck."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from core.statistics import ABOVE, judge_interval, median_interval_if_enough
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
        if name != first:
            pairs = zip(final[first], final[name], strict=True)
            gaps = [one - other for one, other in pairs if one is not None and other is not None]
            behind = statistics.median(gaps) if gaps else None
            interval = median_interval_if_enough(gaps, confidence=confidence)
            behind_low, behind_high = interval or (None, None)
            # With too few seeds for an interval nothing is certain.
            tied = bool(gaps) and not (interval and judge_interval(*interval) == ABOVE)
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
            )
        )
    return tuple(ranking)


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _median(values: Sequence[float | None]) -> float:
    return statistics.median(float("-inf") if value is None else value for value in values)
