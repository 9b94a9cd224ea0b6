"""How each kind of result is shown: as lines, CSV, Markdown and concluding sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.timing.results import comparisons, lines
from core.timing.results.conclusions import conclusions
from core.timing.results.markdown import to_markdown
from core.timing.results.table import Record, to_csv


@dataclass(frozen=True)
class ResultFormat:
    """How the records of one kind of result become text."""

    header: str  # stands above the first line of an event in under_header
    under_header: tuple[str, ...]
    line: Callable[[Record], str | None]  # a row of a table, a sentence, or nothing, for one record
    csv: Callable[[Sequence[Record]], str]
    markdown: Callable[[Sequence[Record]], str]
    sentences: Callable[[Sequence[Record]], list[str]]  # what all of them say


FIGURES = ResultFormat(lines.HEADER, ("measurement_taken",), lines.line, to_csv, to_markdown, conclusions)
COMPARISONS = ResultFormat(
    comparisons.HEADER,
    ("point_compared",),
    comparisons.line,
    comparisons.to_csv,
    comparisons.to_markdown,
    comparisons.verdicts,
)
