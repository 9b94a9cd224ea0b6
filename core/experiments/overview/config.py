"""Which statements are tested, and with what settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.checks import mapping, one_of
from core.errors import InvalidRequest
from core.experiments.overview.registry import STATEMENTS, chosen
from core.experiments.statement import FULL, QUICK
from core.options import check_options


@dataclass(frozen=True)
class StatementsConfig:
    """Tests of statements, one after the other. Raises InvalidRequest for an impossible value."""

    statements: tuple[str, ...]  # keys of STATEMENTS; names that chosen() knows become these
    effort: str = QUICK  # or FULL
    values: Mapping[str, Any] = field(
        default_factory=dict
    )  # of one statement, other than those of the effort

    def __post_init__(self) -> None:
        object.__setattr__(self, "statements", tuple(chosen(self.statements)))
        one_of("effort", self.effort, (QUICK, FULL))
        mapping("values", self.values)
        if self.values and len(self.statements) > 1:
            raise InvalidRequest("Settings are those of one statement; choose one.")
        values = {name: tuple(v) if isinstance(v, list) else v for name, v in self.values.items()}
        object.__setattr__(self, "values", values)  # lists of a record are tuples here
        check_options(STATEMENTS[self.statements[0]].settings, self.values, self.statements[0])

    def settings(self, statement: str) -> dict[str, Any]:
        """Every setting of one of the statements with its value."""
        return STATEMENTS[statement].settings_of(self.effort, self.values)

    @property
    def job(self) -> str:
        """The kind of job in core.jobs: what only measures time runs alone."""
        only_times = all(STATEMENTS[key].times for key in self.statements)
        return "timed_statements" if only_times else "statements"
