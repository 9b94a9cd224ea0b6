"""Which statement is tested, and with what settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.checks import mapping, one_of
from core.experiments.overview.registry import STATEMENTS
from core.experiments.statement import FULL, QUICK
from core.options import check_options


@dataclass(frozen=True)
class StatementConfig:
    """One test of one statement. Raises InvalidRequest for an impossible value."""

    statement: str  # a key of STATEMENTS
    effort: str = QUICK  # or FULL
    values: Mapping[str, Any] = field(default_factory=dict)  # settings other than those of the effort

    def __post_init__(self) -> None:
        one_of("statement", self.statement, STATEMENTS)
        one_of("effort", self.effort, (QUICK, FULL))
        mapping("values", self.values)
        values = {name: tuple(v) if isinstance(v, list) else v for name, v in self.values.items()}
        object.__setattr__(self, "values", values)  # lists of a record are tuples here
        check_options(STATEMENTS[self.statement].settings, self.values, self.statement)

    @property
    def settings(self) -> dict[str, Any]:
        """Every setting with its value."""
        return STATEMENTS[self.statement].settings_of(self.effort, self.values)
