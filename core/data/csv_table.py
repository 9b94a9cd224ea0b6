"""A CSV file as named columns of cells, or an error that says what is wrong with it and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.data.csv_cells import Sheet, is_missing, number, quoted, read_sheet
from core.errors import InvalidRequest

MAX_BYTES = 10_000_000
MAX_ROWS, MIN_ROWS = 50_000, 10
MAX_COLUMNS = 200


@dataclass(frozen=True, eq=False)
class Table:
    """The cells of each column by its name, as text, and what was left out of the file."""

    cells: Mapping[str, list[str]]
    row_numbers: list[int]  # of each row in the file, from 1
    delimiter: str
    notes: tuple[str, ...]  # sentences

    @property
    def columns(self) -> tuple[str, ...]:
        """The names, in the file's order."""
        return tuple(self.cells)


def read(content: bytes) -> Table:
    """The table in a CSV file with a header, whose rows commas, semicolons, tabs or bars separate.

    In UTF-8 or UTF-16; comments on top, a column that numbers the rows without a name, and empty columns
    without a name are left out. Raises InvalidRequest, which says what is wrong and where.
    """
    if len(content) > MAX_BYTES:
        raise InvalidRequest(
            f"The file has {len(content) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:.0f} MB are allowed."
        )
    sheet = read_sheet(content, MAX_ROWS)
    notes = [f"{sheet.comments} comment lines on top are left out."] if sheet.comments else []
    header = sheet.header
    _check_width(header)
    for place, row in zip(sheet.row_numbers, sheet.rows, strict=True):
        if len(row) != len(header):
            raise InvalidRequest(f"Row {place} has {len(row)} values, and the header has {len(header)}.")
    cells = {place: [row[place] for row in sheet.rows] for place in range(len(header))}
    unnamed = [place for place, name in enumerate(header) if not name]
    notes += [_why_left_out(cells.pop(place), place) for place in unnamed]
    _check_names([header[place] for place in cells], sheet)
    named = {header[place]: column for place, column in cells.items()}
    return Table(named, sheet.row_numbers, sheet.delimiter, tuple(notes))


def _why_left_out(cells: list[str], place: int) -> str:
    """A sentence for a column without a name; raises InvalidRequest where it holds more than row numbers."""
    if all(is_missing(cell) for cell in cells):
        return f"Column {place + 1} has neither a name nor values, and is left out."
    if place == 0 and len(set(cells)) == len(cells):
        return "The first column has no name and only numbers or names the rows: it is left out."
    raise InvalidRequest(f"Column {place + 1} has no name; the first row must name every column.")


def _check_width(header: list[str]) -> None:
    if len(header) < 2:
        raise InvalidRequest(
            "The table has one column; two or more are needed, separated by commas, semicolons, tabs or bars."
        )
    if len(header) > MAX_COLUMNS:
        raise InvalidRequest(f"The table has {len(header):,} columns; at most {MAX_COLUMNS} are allowed.")


def _check_names(names: list[str], sheet: Sheet) -> None:
    if len(names) < 2:
        raise InvalidRequest("The table has one column with a name; two or more are needed.")
    for index, name in enumerate(names):
        if names.index(name) != index:
            raise InvalidRequest(f"Two columns are named {quoted(name)}; every column needs its own name.")
    if all(number(name) is not None for name in names):
        raise InvalidRequest("The first row holds numbers alone; it must name the columns.")
    if len(sheet.rows) < MIN_ROWS:
        raise InvalidRequest(
            f"The table has {len(sheet.rows)} {'row' if len(sheet.rows) == 1 else 'rows'} below its header; "
            f"at least {MIN_ROWS} are needed."
        )
