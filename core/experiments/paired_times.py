"""How many times longer one operation takes than another, paired, by the clock and rounds of core.timing.

Both run in turns (see core.timing.measure.comparison), and each pair of rounds gives one ratio: whatever
drifts falls on both sides alike. What else ran on the machine meanwhile is watched, and says whether a
verdict may rest on the ratios.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from core.events import Progress
from core.experiments.statement_events import Disturbed
from core.statistics import MIN_SAMPLES
from core.timing.measure.comparison import block_sizes, rounds, uninterrupted_log_ratios
from core.timing.measure.conditions import Conditions, observe
from core.timing.measure.timers import Operation, wall_timer

MIN_RATIOS = 16  # that a median's interval rests on, even where they take longer than the time limit
OVERRUN = 3  # times the time limit


def paired_ratios(
    baseline: Operation, candidate: Operation, max_seconds: float, progress: Progress, device: str = "cpu"
) -> Generator[Progress, None, list[float]]:
    """Time of the candidate by that of the baseline, of each pair of rounds.

    device: where either of them runs, if not on the CPU; then it is the time that a program waits. Yields
    `progress` some ten times a second. Rounds during which the system gave a core to other programs are left
    out, where enough others remain.
    """
    timer = wall_timer(device)
    repeats = block_sizes(baseline, candidate, timer)
    yield progress
    for done, spent_s in rounds(baseline, candidate, timer, repeats, math.inf):
        enough = len(done) >= 2 * MIN_RATIOS
        # Where rounds take that long, other programs have the cores, and no verdict will rest on them.
        hopeless = spent_s >= OVERRUN * max_seconds and len(done) >= 2 * MIN_SAMPLES
        if (spent_s >= max_seconds and enough) or hopeless:
            break
        yield progress
    return [math.exp(ratio) for ratio in uninterrupted_log_ratios(done)]


@contextmanager
def watched(device: str = "cpu") -> Iterator[Callable[[], Iterator[Disturbed]]]:
    """Watch the machine from here on; call what is given for a Disturbed where times are contaminated."""
    finish = observe(device)
    yield lambda: _disturbances(finish())


def _disturbances(conditions: Conditions) -> Iterator[Disturbed]:
    if conditions.contamination:
        yield Disturbed(f"While time was measured, {' and '.join(conditions.contamination)}")
