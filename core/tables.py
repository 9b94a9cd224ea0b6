"""Rows as text that other programs read: comma-separated values, and a table of Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# What a spreadsheet takes for the start of a formula, which it runs when it opens the file; the last four are
# the wide forms of the first four. Source: OWASP, "CSV injection".
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_text(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """Comma-separated values, names in the first line; numbers read back exactly as they were.

    A text that a spreadsheet would take for a formula has an apostrophe before it, so that it stays a text: a
    run may be called "=HYPERLINK(...)" by one person and listed by another.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(_no_formula, columns))
    writer.writerows(map(_no_formula, row) for row in rows)
    return text.getvalue()


def _no_formula(cell: Any) -> Any:
    """A cell as it was, but for a text that begins like a formula and is no number."""
    if not isinstance(cell, str) or not cell.startswith(FORMULA_STARTS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def csv_of_records(records: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> str:
    """The same of records by name: these columns, or all of the first record; empty where one has none."""
    names = list(records[0] if records and columns is None else columns or ())
    return csv_text(names, ([record.get(name, "") for name in names] for record in records))


def markdown_table(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """A table of Markdown; a bar inside a cell is escaped."""
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |" for cells in rows]
    return "\n".join(lines)
