"""The job that tests statements: each one's experiment, then the verdict on what was measured."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.events import Picture, Progress
from core.experiments.overview.config import StatementsConfig
from core.experiments.overview.registry import STATEMENTS
from core.experiments.statement_events import (
    Disturbed,
    Measured,
    NotMeasured,
    StatementJudged,
    StatementStarted,
)
from core.experiments.verdicts import NOT_MEASURED, UNSURE, judge


def run_statements(config: StatementsConfig) -> Iterator[object]:
    """For each: StatementStarted, what its experiment yields, StatementJudged. Progress is of all together.

    Pictures have the statement's key before their name.
    """
    for done, key in enumerate(config.statements):
        yield Progress(done, len(config.statements), "statements", between=True)
        yield StatementStarted(key, config.effort, config.settings(key))
        for event in _tested(key, config.settings(key)):
            match event:
                case Progress() if len(config.statements) > 1:
                    share = min(event.done / event.total, 1.0)
                    yield Progress(done + share, len(config.statements), "statements")
                case Picture():
                    yield replace(event, name=picture_name(key, event.name))
                case _:
                    yield event


def picture_name(statement: str, name: str) -> str:
    """A picture's name among those of all statements."""
    return f"{statement} {name}"


def _tested(key: str, settings: Mapping[str, Any]) -> Iterator[object]:
    statement = STATEMENTS[key]
    started_s = time.perf_counter()
    held_s = 0.0  # by whoever takes the events, in a pause for example
    numbers: dict[str, dict[int, tuple[float, float]]] = defaultdict(dict)
    not_measured: dict[str, str] = {}  # reasons by observable
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
            not_measured |= dict.fromkeys(event.observables, event.reason)
        if isinstance(event, NotMeasured) and not event.observables:
            yield StatementJudged(NOT_MEASURED, (), event.reason, time.perf_counter() - started_s - held_s)
            return
    verdict, judgements = judge(statement.claims(settings), numbers, not_measured)
    reason = ""
    if verdict == NOT_MEASURED:  # none of the claims that count
        reason = "; ".join(dict.fromkeys(not_measured.values()))
    elif disturbed:
        verdict, reason = UNSURE, disturbed
    elapsed_s = time.perf_counter() - started_s - held_s
    yield StatementJudged(verdict, judgements, reason, elapsed_s)
