"""The cells of a CSV file as text, or an error that says what is wrong with it and where."""

from __future__ import annotations

import contextlib
import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import InvalidRequest
from core.lazy import LazyModule

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = LazyModule("pandas")

MAX_BYTES = 10_000_000
MAX_ROWS, MIN_ROWS = 50_000, 10
MAX_COLUMNS = 200

MISSING = ("", "?", "na", "n/a", "nan", "null")
DELIMITERS = ",;\t"


@dataclass(frozen=True, eq=False)
class Table:
    """Columns by name, and their cells as text (rows, columns), none of them missing."""

    columns: tuple[str, ...]
    cells: pd.DataFrame


def header(content: bytes) -> tuple[str, ...]:
    """The columns of a CSV file, whose rows may still turn out to be wrong; errors are those of read()."""
    return _opened(content).columns


def read(content: bytes) -> Table:
    """The table in a CSV file with a header, separated by commas, semicolons or tabs, in UTF-8.

    Raises InvalidRequest, which says what is wrong and where.
    """
    opened = _opened(content)
    try:
        rows = pd.read_csv(
            opened.rows,
            sep=opened.delimiter,
            header=None,
            names=range(len(opened.columns)),
            dtype=str,
            na_filter=False,  # so that what is NaN is a cell that a row does not have
            skip_blank_lines=False,
            nrows=MAX_ROWS + 2,
            engine="python",  # the C engine fills a row that ends early with empty cells
        )
    except (pd.errors.ParserError, csv.Error) as error:
        raise InvalidRequest(_too_long_row(opened) or f"The file is not a CSV table: {error}.") from None
    rows.index += opened.header_row  # line numbers in the file, from 1
    return _checked(rows.iloc[1:], opened.columns)


@dataclass(frozen=True)
class _Opened:
    """A file whose header is known."""

    columns: tuple[str, ...]
    header_row: int  # which row of the file it is, from 1
    delimiter: str
    rows: io.StringIO  # the text, positioned at its header
    header_offset: int  # of the header, in characters


def _opened(content: bytes) -> _Opened:
    if len(content) > MAX_BYTES:
        raise InvalidRequest(
            f"The file has {len(content) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:.0f} MB are allowed."
        )
    text = _text(content)
    rows, header_offset = io.StringIO(text, newline=""), 0
    try:
        delimiter = _delimiter(text)
        for row, cells in enumerate(csv.reader(rows, delimiter=delimiter, strict=True), start=1):
            names = [cell.strip() for cell in cells]
            if any(names):
                rows.seek(header_offset)
                return _Opened(_header(names), row, delimiter, rows, header_offset)
            header_offset = rows.seek(0, io.SEEK_CUR)
    except csv.Error as error:
        raise InvalidRequest(f"The file is not a CSV table: {error}.") from None
    raise InvalidRequest("The file is empty.")


def _too_long_row(opened: _Opened) -> str:
    """The sentence for the first row with more values than the header; "" when there is none."""
    opened.rows.seek(opened.header_offset)
    width, reader = len(opened.columns), csv.reader(opened.rows, delimiter=opened.delimiter, strict=True)
    with contextlib.suppress(csv.Error):
        for row, cells in enumerate(reader, start=opened.header_row):
            if len(cells) > width:
                return f"Row {row} has {len(cells)} values, and the header has {width}."
    return ""


def _delimiter(text: str) -> str:
    """The one that separates most names in the first line; one within quotation marks separates nothing."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([first], delimiter=delimiter))))


def _checked(rows: pd.DataFrame, names: tuple[str, ...]) -> Table:
    """The rows that are not blank, in their numbers in the file, by the names of the header."""
    width = len(names)
    counts = rows.notna().sum(axis=1)
    cells = rows.apply(lambda column: column.str.strip()).fillna("")
    filled = (cells != "").any(axis=1)
    if filled.sum() > MAX_ROWS or len(rows) > MAX_ROWS:
        raise InvalidRequest(f"The table has more than {MAX_ROWS:,} rows, which is the most allowed.")
    cells, counts = cells[filled], counts[filled]
    absent = cells.apply(lambda column: column.str.lower().isin(MISSING))
    wrong = cells.index[(counts != width) | absent.any(axis=1)]
    if len(wrong):
        row = wrong[0]
        if counts[row] != width:
            raise InvalidRequest(f"Row {row} has {counts[row]} values, and the header has {width}.")
        name = names[int(absent.loc[row].to_numpy().argmax())]
        raise InvalidRequest(
            f"Row {row} has no value in column {quoted(name)}; fill it in or leave the row out."
        )
    if len(cells) < MIN_ROWS:
        raise InvalidRequest(
            f"The table has {len(cells)} {'row' if len(cells) == 1 else 'rows'} below its header; "
            f"at least {MIN_ROWS} are needed."
        )
    return Table(names, cells.set_axis(list(names), axis=1).reset_index(drop=True))


def _header(names: list[str]) -> tuple[str, ...]:
    if len(names) < 2:
        raise InvalidRequest(
            "The table has one column; two or more are needed, separated by commas, semicolons or tabs."
        )
    if len(names) > MAX_COLUMNS:
        raise InvalidRequest(f"The table has {len(names):,} columns; at most {MAX_COLUMNS} are allowed.")
    for index, name in enumerate(names):
        if not name:
            raise InvalidRequest(f"Column {index + 1} has no name; the first row must name every column.")
        if names.index(name) != index:
            raise InvalidRequest(f"Two columns are named {quoted(name)}; every column needs its own name.")
    if all(number(name) is not None for name in names):
        raise InvalidRequest("The first row holds numbers alone; it must name the columns.")
    return tuple(names)


def _text(content: bytes) -> str:
    if not content.strip():
        raise InvalidRequest("The file is empty.")
    if b"\0" in content:
        raise InvalidRequest("The file is not a CSV table: it holds bytes that no text has.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest("The file is not in UTF-8; save it as CSV in UTF-8.") from None


def number(cell: str) -> float | None:
    """The number in a cell, infinite for a NaN ("+nan"), which is rejected later; None for a text."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return math.inf if math.isnan(value) else value


def quoted(text: str) -> str:
    """A name or cell as messages show it."""
    return repr(short(text))


def short(text: str) -> str:
    """At most 40 characters of a name or cell."""
    return text if len(text) <= 40 else f"{text[:40]}..."
