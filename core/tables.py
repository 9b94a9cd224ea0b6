"""Rows as text that other programs read: comma-separated values, and a table of Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def csv_text(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """Comma-separated values, names in the first line; numbers read back exactly as they were."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def csv_of_records(records: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> str:
    """The same of records by name: these columns, or all of the first record; empty where one has none."""
    names = list(records[0] if records and columns is None else columns or ())
    return csv_text(names, ([record.get(name, "") for name in names] for record in records))


def markdown_table(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """A table of Markdown; a bar inside a cell is escaped."""
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |" for cells in rows]
    return "\n".join(lines)
