"""Running one statement in a test."""

from __future__ import annotations

from typing import Any

from core.experiments.overview.config import StatementsConfig
from core.experiments.overview.job import run_statements
from core.experiments.statement_events import StatementJudged
from core.experiments.verdicts import Judgement


def run(key: str, effort: str = "quick", **values: Any) -> list[Any]:
    """All events of one statement."""
    return list(run_statements(StatementsConfig((key,), effort, values)))


def verdict_of(events: list[Any]) -> str:
    """The verdict on the statement."""
    return judged(events).verdict


def judged(events: list[Any]) -> StatementJudged:
    """The last event."""
    assert isinstance(events[-1], StatementJudged)
    return events[-1]


def counting(events: list[Any]) -> list[Judgement]:
    """Judgements of the claims that count."""
    return [one for one in judged(events).judgements if one.counts]
