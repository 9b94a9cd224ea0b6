"""A timing on the command line: shown in the chosen format, kept in --out, concluded."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from core.commands.job import as_record, event_printer, run_job
from core.commands.output import CSV, MARKDOWN

if TYPE_CHECKING:
    from core.timing.results.report import ResultFormat
    from core.timing.results.table import Record

# Where stderr is no terminal, a line of progress at most this often.
LOG_EVERY_S = 2.0


def follow(
    events: Iterable[Any], form: ResultFormat, options: argparse.Namespace
) -> tuple[list[Record], bool]:
    """Show events (or records) as they come and keep them in --out; Ctrl-C ends them and loses none.

    Returns all records, the conclusion last, and whether the events came to their end.
    """
    from core.timing.results import files
    from core.timing.results.events import Concluded

    if options.out is not None:
        files.check_writable(options.out)
    records: list[Record] = []
    show = event_printer(options.format, _table(form))
    complete = run_job(events, lambda event: records.append(as_record(event)), show, log_every_s=LOG_EVERY_S)
    if sentences := form.sentences(records):
        concluded = Concluded(tuple(sentences))
        records.append(as_record(concluded))
        show(concluded)
    if options.out is not None:
        files.write_as(options.out, records, form.csv, form.markdown)
    if options.format == CSV:
        print(form.csv(records), end="")
    elif options.format == MARKDOWN:
        print(form.markdown(records), end="")
    if not complete:
        print("Stopped. What was measured until then is kept.", file=sys.stderr)
    return records, complete


def _table(form: ResultFormat) -> Callable[[Any], str | None]:
    """Each event's line, under a header that comes with the first of the table's own."""
    headed = False

    def text(event: Any) -> str | None:
        nonlocal headed
        record = as_record(event)
        line = form.line(record)
        # What a node of a cluster yielded is a record of its own within one.
        kind = record.get("record", record)["event"]
        if line is None or headed or kind not in form.under_header:
            return line
        headed = True
        return f"\n{form.header}\n{line}"

    return text
