"""Charts whose look is apart from their rows: what differs in its rows alone is built once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import altair as alt
import pandas as pd

Rows: TypeAlias = "pd.DataFrame | alt.NamedData"


class Look(Protocol):
    """All that a chart depends on but its rows; two that are equal build the same chart, and are hashable."""

    def chart(self, rows: Rows) -> alt.LayerChart:
        """The chart of these rows."""

    def __hash__(self) -> int:
        """The same of looks that are equal."""


@dataclass(frozen=True)
class Drawing:
    """A look, and the rows that are drawn so."""

    look: Look
    rows: pd.DataFrame

    def chart(self) -> alt.LayerChart:
        """Both together."""
        return self.look.chart(self.rows)
