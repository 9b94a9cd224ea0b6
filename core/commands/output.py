"""The forms of a result: text for people, JSON lines, CSV and Markdown, chosen by one switch."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from core.tables import csv_of_records, markdown_table

TEXT, JSON, CSV, MARKDOWN = "text", "json", "csv", "markdown"

_HELP = {
    JSON: "one JSON object a line",
    CSV: "comma-separated values",
    MARKDOWN: "a Markdown page",
}


def add_formats(parser: argparse.ArgumentParser, *formats: str) -> None:
    """A flag for each of these formats, of which one can be given: options.format, text without any."""
    group = parser.add_mutually_exclusive_group()
    for name in formats:
        group.add_argument(
            f"--{name}", dest="format", action="store_const", const=name, default=TEXT, help=_HELP[name]
        )


def print_json(record: Mapping[str, Any]) -> None:
    """One line, at once, so that a reader of the pipe sees it. An infinity becomes the text "inf"."""
    print(json.dumps(_finite(record), ensure_ascii=False), flush=True)


def print_rows(
    rows: Sequence[Mapping[str, Any]], format: str, text: Callable[[Mapping[str, Any]], str]
) -> None:
    """Rows with the same keys, in the chosen format; text(row) is a line for people."""
    if format == JSON:
        for row in rows:
            print_json(row)
    elif format == CSV and rows:
        print(csv_of_records([{name: cell(value) for name, value in row.items()} for row in rows]), end="")
    elif format == MARKDOWN and rows:
        print(markdown_table([*rows[0]], ([cell(value) for value in row.values()] for row in rows)))
    elif format == TEXT:
        print_lines(map(text, rows))


def print_lines(lines: Iterable[str]) -> None:
    """Each line at once."""
    for line in lines:
        print(line, flush=True)


def cell(value: Any) -> str:
    """A value as a table for people shows it."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, Mapping):
        return "; ".join(f"{name}={part:g}" for name, part in value.items()) or "none"
    if isinstance(value, tuple | list):
        return "; ".join(cell(part) if isinstance(part, tuple) else str(part) for part in value) or "none"
    return repr(value) if isinstance(value, float) else str(value)


def _finite(value: Any) -> Any:
    """JSON knows no infinity: it becomes the text "inf" or "-inf"."""
    if isinstance(value, Mapping):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [_finite(part) for part in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
