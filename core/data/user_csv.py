"""One's own table: a CSV file kept by its content, checked in words, and made a data set."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import math
import os
import re
import tempfile
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.data import tables
from core.data.dataset import REGRESSION, LoadedDataset
from core.errors import InvalidRequest
from core.paths import data_folder

FOLDER = "tables"  # in the data folder
MAX_BYTES = 10_000_000
MAX_ROWS, MIN_ROWS = 50_000, 10
MAX_COLUMNS = 200
MAX_FEATURES = 300  # once columns of text have become a column for each of their values
MAX_VALUES = 12  # of a column of text
MAX_CLASSES = 12
LARGEST = 1e30  # 32-bit numbers end not far above

MISSING = {"", "?", "na", "n/a", "nan", "null"}
DELIMITERS = ",;\t"

# What is loaded as long as no file is given: the form that a table has, in small.
EXAMPLE_ROWS = 150


@dataclass(frozen=True)
class Table:
    """Names of the columns, and rows of as many texts, none of them missing."""

    columns: tuple[str, ...]
    rows: list[list[str]]


def classes(seed: int, test_fraction: float, file: str, target_column: str) -> LoadedDataset:
    """A class for each row. file is what add() gave, "" for the example; target_column "" is the last column.

    Raises InvalidRequest, in one sentence, for whatever cannot be learned from.
    """
    table = read(_content(file))
    answer = _target(table, target_column)
    answers = _column(table, answer)
    named = _classes_in(answers, answer)
    inputs, features = _inputs(table, answer)
    labels = np.array([named.index(answer) for answer in answers])
    return tables.with_classes(inputs, labels, named, features, seed, test_fraction)


def values(seed: int, test_fraction: float, file: str, target_column: str) -> LoadedDataset:
    """A number for each row; arguments and errors are those of classes()."""
    table = read(_content(file))
    answer = _target(table, target_column or default_target(file, REGRESSION))
    numbers = _numbers(_column(table, answer), answer)
    if numbers is None:
        raise InvalidRequest(f"Column {_told(answer)} has text, and a value to be told must be a number.")
    inputs, features = _inputs(table, answer)
    return tables.with_values(inputs, numbers, features, answer, seed, test_fraction)


def add(source: Path | str | bytes) -> str:
    """Check a CSV file, keep it, and give the name by which it is found: the SHA-256 of its bytes.

    Raises InvalidRequest for a file that is no table within the limits.
    """
    content = _bytes_of(source)
    read(content)
    name = hashlib.sha256(content).hexdigest()
    place = _folder() / f"{name}.csv"
    if place.exists():
        _note_use(place)
        return name
    handle, part = tempfile.mkstemp(dir=place.parent, suffix=".part")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    os.replace(part, place)
    return name


def keep_last_used(folder: Path, max_bytes: int, needed: Container[str]) -> None:
    """Drop tables, the one that was used longest ago first, until they fit; needed ones always stay."""
    found = []
    for path in folder.glob("*.csv"):
        with contextlib.suppress(FileNotFoundError):  # somebody else has just dropped it
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    size = sum(found_size for _, found_size, _ in found)
    for _, its_size, path in sorted(found):
        if size > max_bytes and path.stem not in needed:
            path.unlink(missing_ok=True)
            size -= its_size


def columns(file: str) -> tuple[str, ...]:
    """The columns of a file that add() took, or of the example for ""."""
    return read(_content(file)).columns


def default_target(file: str, task: str) -> str:
    """The last column; of the example the fruit, and its mass where a number is to be told."""
    names = columns(file)
    return "mass_g" if task == REGRESSION and not file else names[-1]


def read(content: bytes) -> Table:
    """The table in a CSV file with a header, parted by commas, semicolons or tabs, in UTF-8.

    Raises InvalidRequest, which says what is wrong and where.
    """
    if len(content) > MAX_BYTES:
        raise InvalidRequest(
            f"The file has {len(content) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:.0f} MB are allowed."
        )
    text = _text(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    try:
        return _checked(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InvalidRequest(f"The file is not a CSV table: {error}.") from None


def _checked(lines: csv._reader) -> Table:  # type: ignore[name-defined]
    header: tuple[str, ...] = ()
    rows: list[list[str]] = []
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip() for cell in line]
        if not any(cells):
            continue
        if not header:
            header = _header(cells)
            continue
        if len(cells) != len(header):
            raise InvalidRequest(f"Row {number} has {len(cells)} values, and the header has {len(header)}.")
        for name, cell in zip(header, cells, strict=True):
            if cell.lower() in MISSING:
                raise InvalidRequest(
                    f"Row {number} has no value in column {_told(name)}; fill it in or leave the row out."
                )
        rows.append(cells)
        if len(rows) > MAX_ROWS:
            raise InvalidRequest(f"The table has more than {MAX_ROWS:,} rows, which is the most allowed.")
    if not header:
        raise InvalidRequest("The file is empty.")
    if len(rows) < MIN_ROWS:
        raise InvalidRequest(
            f"The table has {len(rows)} {'row' if len(rows) == 1 else 'rows'} below its header; "
            f"at least {MIN_ROWS} are needed."
        )
    return Table(header, rows)


def _header(names: list[str]) -> tuple[str, ...]:
    if len(names) < 2:
        raise InvalidRequest(
            "The table has one column; two or more are needed, parted by commas, semicolons or tabs."
        )
    if len(names) > MAX_COLUMNS:
        raise InvalidRequest(f"The table has {len(names):,} columns; at most {MAX_COLUMNS} are allowed.")
    for number, name in enumerate(names, start=1):
        if not name:
            raise InvalidRequest(f"Column {number} has no name; the first row must name every column.")
        if names.index(name) != number - 1:
            raise InvalidRequest(f"Two columns are named {_told(name)}; every column needs its own name.")
    if all(_number(name) is not None for name in names):
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


def _target(table: Table, name: str) -> str:
    if not name:
        return table.columns[-1]
    if name not in table.columns:
        known = ", ".join(_short(column) for column in table.columns[:20])
        more = ", ..." if len(table.columns) > 20 else ""
        raise InvalidRequest(f"There is no column {_told(name)}; choose from {known}{more}.")
    return name


def _column(table: Table, name: str) -> list[str]:
    place = table.columns.index(name)
    return [row[place] for row in table.rows]


def _classes_in(answers: list[str], name: str) -> list[str]:
    """The classes in order, of numbers by size."""
    found = {answer: answers.count(answer) for answer in _some(answers)}
    if len(found) == 1:
        raise InvalidRequest(f"Column {_told(name)} has one class, {_told(answers[0])}; two are needed.")
    if len(found) > MAX_CLASSES:
        raise InvalidRequest(
            f"Column {_told(name)} has more than {MAX_CLASSES} different values, too many for classes."
        )
    for answer, count in found.items():
        if count == 1:
            raise InvalidRequest(
                f"Class {_told(answer)} of column {_told(name)} has one row; every class needs two or more."
            )
    return sorted(found, key=lambda answer: (_number(answer) is None, _number(answer) or 0.0, answer))


def _some(values: list[str]) -> list[str]:
    """Different values in order of appearance; no more than tell that they are too many."""
    found: dict[str, None] = {}
    for value in values:
        found[value] = None
        if len(found) > max(MAX_CLASSES, MAX_VALUES):
            break
    return list(found)


def _inputs(table: Table, target: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Every column but the target, (rows, features): numbers as they are, few texts as one column each."""
    parts: list[np.ndarray] = []
    names: list[str] = []
    for name in table.columns:
        if name == target:
            continue
        cells = _column(table, name)
        numbers = _numbers(cells, name)
        if numbers is not None:
            parts.append(numbers)
            names.append(name)
            continue
        for value in _texts(cells, name):
            parts.append(np.array([cell == value for cell in cells], np.float64))
            names.append(f"{name} = {value}")
        if len(names) > MAX_FEATURES:
            raise InvalidRequest(
                f"The columns of text become more than {MAX_FEATURES} features; leave some of them out."
            )
    return np.column_stack(parts), tuple(names)


def _texts(cells: list[str], name: str) -> list[str]:
    found = _some(cells)
    if len(found) > MAX_VALUES:
        row, cell = next((row, cell) for row, cell in enumerate(cells, start=1) if _number(cell) is None)
        raise InvalidRequest(
            f"Column {_told(name)} has text, {_told(cell)} first in row {row} of the data, and more than "
            f"{MAX_VALUES} different values; write numbers, or leave the column out."
        )
    return sorted(found)


def _numbers(cells: list[str], name: str) -> np.ndarray | None:
    """The column as float64 (rows,), or None when it has text."""
    numbers = [_number(cell) for cell in cells]
    if any(number is None for number in numbers):
        return None
    array = np.array(numbers, np.float64)
    beyond = np.flatnonzero(~(np.abs(array) <= LARGEST))
    if len(beyond):
        raise InvalidRequest(
            f"Column {_told(name)} has {_told(cells[beyond[0]])} in row {beyond[0] + 1} of the data; numbers "
            f"must be finite and at most {LARGEST:g} in size."
        )
    return array


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return math.inf if math.isnan(number) else number  # "+nan": refused like infinity


def _content(file: str) -> bytes:
    if not file:
        return _example()
    if not re.fullmatch(r"[0-9a-f]{64}", file):
        raise InvalidRequest(f"{_told(file)} is no table that was added; give the file itself first.")
    place = _folder() / f"{file}.csv"
    try:
        content = place.read_bytes()
        _note_use(place)
        return content
    except FileNotFoundError:
        raise InvalidRequest(f"The table {file[:8]}... is no longer here; add its file again.") from None


def _bytes_of(source: Path | str | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        with Path(source).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no path"
        raise InvalidRequest(f"{_told(str(source))} cannot be read: {why}.") from None


def _note_use(place: Path) -> None:
    """The time of the last change says when it was last used: many systems keep no time of access."""
    with contextlib.suppress(OSError):
        os.utime(place)


def _folder() -> Path:
    folder = data_folder() / FOLDER
    folder.mkdir(exist_ok=True)
    return folder


def _example() -> bytes:
    """Made-up fruit: two lengths, a colour, a mass, and which fruit it is."""
    random = np.random.default_rng(0)
    kinds = (
        ("apple", 7.5, 7.0, ("red", "green")),
        ("lemon", 8.5, 5.5, ("yellow",)),
        ("pear", 9.5, 6.5, ("green", "yellow")),
    )
    lines = ["length_cm,width_cm,colour,mass_g,fruit"]
    for _ in range(EXAMPLE_ROWS):
        fruit, long, wide, colours = kinds[random.integers(len(kinds))]
        length, width = long * random.normal(1, 0.08), wide * random.normal(1, 0.08)
        mass = 0.5 * length * width**2 * random.normal(1, 0.05)
        lines.append(f"{length:.1f},{width:.1f},{random.choice(colours)},{mass:.0f},{fruit}")
    return "\n".join(lines).encode()


def _told(text: str) -> str:
    return repr(_short(text))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."
