"""Test one statement, as a worker does, and its verdicts by claim."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.experiments.overview.config import StatementsConfig
from core.experiments.overview.job import run_statements
from core.experiments.statement_events import StatementJudged


def events_of(statement: str, **settings: Any) -> list[Any]:
    """All events of a quick test with these settings."""
    return [*run_statements(StatementsConfig((statement,), values=settings))]


def verdicts(events: Iterable[Any], counting: bool = True) -> dict[str, str]:
    """The verdict on the statement under "", and those on its claims (or its controls) by what they say and
    their condition.
    """
    (judged,) = (event for event in events if isinstance(event, StatementJudged))
    claims = [one for one in judged.judgements if one.counts == counting]
    return {"": judged.verdict} | {f"{one.says} | {one.condition}": one.verdict for one in claims}
