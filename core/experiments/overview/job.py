"""The job that tests one statement: its experiment, then the verdict on what was measured."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterator

from core.experiments.overview.config import StatementConfig
from core.experiments.overview.registry import STATEMENTS
from core.experiments.statement_events import (
    Disturbed,
    Measured,
    NotMeasured,
    StatementJudged,
    StatementStarted,
)
from core.experiments.verdicts import NOT_MEASURED, UNSURE, judge


def run_statement(config: StatementConfig) -> Iterator[object]:
    """Yields StatementStarted, what the experiment yields, and StatementJudged."""
    statement, settings = STATEMENTS[config.statement], config.settings
    started_s = time.perf_counter()
    held_s = 0.0  # by whoever takes the events, in a pause for example
    yield StatementStarted(config.statement, config.effort, settings)
    numbers: dict[str, dict[int, tuple[float, float]]] = defaultdict(dict)
    disturbed = ""
    for event in statement.measure(settings):
        if isinstance(event, Measured):
            highest = math.inf if event.at_least else event.value
            numbers[event.observable][event.seed] = (event.value, highest)
        disturbed = event.reason if isinstance(event, Disturbed) else disturbed
        handed_over_s = time.perf_counter()
        yield event
        held_s += time.perf_counter() - handed_over_s
        if isinstance(event, NotMeasured):
            yield StatementJudged(NOT_MEASURED, (), event.reason, time.perf_counter() - started_s - held_s)
            return
    verdict, judgements = judge(statement.claims(settings), numbers)
    elapsed_s = time.perf_counter() - started_s - held_s
    yield StatementJudged(UNSURE if disturbed else verdict, judgements, disturbed, elapsed_s)
