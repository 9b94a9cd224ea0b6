"""What the pages of runs say of a run in words and figures."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.run_list.comparison import reachable
from dashboard.run_list.table import duration


def shown(*metrics: float | None) -> Any:
    """A training with these test metrics, as the page has it."""
    return SimpleNamespace(epochs=[{"test_metric": metric} for metric in metrics])


@pytest.mark.parametrize(
    ("runs", "target"),
    [
        ([shown(0.5, 0.919, 0.8), shown(0.957)], 0.91),
        ([shown(-3.0, -0.234), shown(0.9)], -0.24),  # an R² below 0: -0.23 is more than it reached
        ([shown(0.7, math.nan, math.inf, None), shown(0.9)], 0.7),
        ([shown(None, math.nan), shown(0.9)], 0.0),
    ],
)
def test_the_target_that_is_offered_is_one_that_every_run_reached(runs: list[Any], target: float) -> None:
    assert reachable(runs) == pytest.approx(target)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.314, "0.31 s"),
        (12.4, "12 s"),
        (59.7, "1 min 00 s"),
        (119.6, "2 min 00 s"),
        (3599.8, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_a_time_never_has_sixty_of_a_unit(seconds: float, words: str) -> None:
    assert duration(seconds) == words
