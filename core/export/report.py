"""The report of the overview out of a run store, as a job: pictures take matplotlib, which no page loads."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.checks import one_of
from core.events import Progress
from core.experiments.overview import report, results
from core.experiments.overview.results import Result
from core.runs.store import RunStore
from core.runs.verdicts import newest

HTML, MARKDOWN, LINES = "html", "md", "jsonl"
WRITERS: dict[str, Callable[[Mapping[str, Result], Mapping[str, Result] | None], str]] = {
    HTML: report.as_html,
    MARKDOWN: report.as_markdown,
    LINES: lambda found, _before: "".join(results.line(one) + "\n" for one in found.values()),
}


def written(format: str, found: Mapping[str, Result], before: Mapping[str, Result] | None = None) -> str:
    """The report in one of the formats; before: earlier results, laid beside it where the format can."""
    return WRITERS[format](found, before)


@dataclass(frozen=True)
class ReportConfig:
    """Which store, and what is written where."""

    store_file: str  # path of the run store
    file: str  # path that the report is written to
    format: str = HTML  # a key of WRITERS

    def __post_init__(self) -> None:
        one_of("format", self.format, WRITERS)


@dataclass(frozen=True)
class ReportWritten:
    """The report is whole, and says so much."""

    statements: int


def of_store(store: RunStore) -> Mapping[str, Result]:
    """The newest result of each statement."""
    return {key: one.result for key, one in newest(store).items()}


def write_report(config: ReportConfig) -> Iterator[Progress | ReportWritten]:
    """Write the report of the newest verdicts."""
    yield Progress(0, 1, "reports")
    with contextlib.closing(RunStore(config.store_file)) as store:
        found = of_store(store)
    Path(config.file).write_text(written(config.format, found), encoding="utf-8")
    yield ReportWritten(len(found))
