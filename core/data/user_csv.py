"""A user's table: a CSV file stored under the hash of its content, checked, and made a data set.

csv_table.py reads the cells as text; each column then becomes numbers, classes or indicators here.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.data import tables
from core.data.csv_table import MAX_BYTES, Table, header, number, quoted, read, short
from core.data.dataset import REGRESSION, LoadedDataset
from core.errors import InvalidRequest, UnwritableFolder
from core.paths import data_folder, delete_file, replace_file

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "tables"  # in the data folder
MAX_FEATURES = 300  # once columns of text have become a column for each of their values
MAX_VALUES = 12  # of a column of text
MAX_CLASSES = 12
MAX_ABSOLUTE = 1e30  # float32 ends at 3.4e38

# Of the example that is loaded as long as no file is given.
EXAMPLE_ROWS = 150


def classes(seed: int, test_fraction: float, file: str, target_column: str) -> LoadedDataset:
    """A class for each row. file is what add() returned, "" for the example; target_column "" the last one.

    Raises InvalidRequest, in one sentence, for a table that cannot be learned from.
    """
    table = read(_content(file))
    target = _target(table, target_column)
    names, labels = _classes(table.cells[target], target)
    inputs, features = _features(table, target)
    return tables.with_classes(inputs, labels, names, features, seed, test_fraction)


def values(seed: int, test_fraction: float, file: str, target_column: str) -> LoadedDataset:
    """A number for each row; arguments and errors are those of classes()."""
    table = read(_content(file))
    target = _target(table, target_column or default_target(file, REGRESSION))
    numbers = _numbers(table.cells[target], target)
    if numbers is None:
        raise InvalidRequest(f"Column {quoted(target)} has text, and the target must be a number.")
    inputs, features = _features(table, target)
    return tables.with_values(inputs, numbers, features, target, seed, test_fraction)


def add(source: Path | str | bytes) -> str:
    """Check a CSV file, store it, and return its name in the store: the SHA-256 of its bytes.

    Raises InvalidRequest for a file that is no table within the limits.
    """
    content = _bytes_of(source)
    read(content)
    name = hashlib.sha256(content).hexdigest()
    path = _folder() / f"{name}.csv"
    if path.exists():
        _note_use(path)
        return name
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    replace_file(Path(part), path)
    return name


def keep_last_used(folder: Path, max_bytes: int, needed: Container[str]) -> None:
    """Delete the least recently used tables until the rest fit into max_bytes; needed ones always stay."""
    found = []
    for path in folder.glob("*.csv"):
        with contextlib.suppress(FileNotFoundError):  # another process has just deleted it
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    size = sum(found_size for _, found_size, _ in found)
    for _, its_size, path in sorted(found):
        if size > max_bytes and path.stem not in needed:
            size -= its_size if delete_file(path) else 0


def columns(file: str) -> tuple[str, ...]:
    """The columns of a file that add() stored, or of the example for ""."""
    return header(_content(file))


def default_target(file: str, task: str) -> str:
    """The last column; of the example the fruit, and its mass where the target is a number."""
    names = columns(file)
    return "mass_g" if task == REGRESSION and not file else names[-1]


def _target(table: Table, name: str) -> str:
    if not name:
        return table.columns[-1]
    if name not in table.columns:
        known = ", ".join(short(column) for column in table.columns[:20])
        more = ", ..." if len(table.columns) > 20 else ""
        raise InvalidRequest(f"There is no column {quoted(name)}; choose from {known}{more}.")
    return name


def _classes(cells: pd.Series, name: str) -> tuple[list[str], np.ndarray]:
    """The classes in order, of numbers by size, and the class number of each row, int64 (rows,)."""
    counts = cells.value_counts(sort=False)
    if len(counts) == 1:
        raise InvalidRequest(f"Column {quoted(name)} has one class, {quoted(cells[0])}; two are needed.")
    if len(counts) > MAX_CLASSES:
        raise InvalidRequest(
            f"Column {quoted(name)} has more than {MAX_CLASSES} different values, too many for classes."
        )
    if counts.min() == 1:
        raise InvalidRequest(
            f"Class {quoted(counts.idxmin())} of column {quoted(name)} has one row; every class needs two "
            "or more."
        )
    names = sorted(counts.index, key=lambda cell: (number(cell) is None, number(cell) or 0.0, cell))
    return names, cells.map(names.index).to_numpy(np.int64)


def _features(table: Table, target: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Every column but the target, (rows, features): numbers as they are, few texts as one column each."""
    parts: list[np.ndarray] = []
    names: list[str] = []
    for name in table.columns:
        if name == target:
            continue
        cells = table.cells[name]
        numbers = _numbers(cells, name)
        if numbers is not None:
            parts.append(numbers)
            names.append(name)
            continue
        for value in _texts(cells, name):
            parts.append((cells == value).to_numpy(np.float64))
            names.append(f"{name} = {value}")
        if len(names) > MAX_FEATURES:
            raise InvalidRequest(
                f"The columns of text become more than {MAX_FEATURES} features; leave some of them out."
            )
    return np.column_stack(parts), tuple(names)


def _texts(cells: pd.Series, name: str) -> list[str]:
    """The different texts of a column that has few."""
    found = cells.unique()
    if len(found) > MAX_VALUES:
        row, cell = next((row, cell) for row, cell in enumerate(cells, start=1) if number(cell) is None)
        raise InvalidRequest(
            f"Column {quoted(name)} has text, {quoted(cell)} first in row {row} of the data, and more than "
            f"{MAX_VALUES} different values; write numbers, or leave the column out."
        )
    return sorted(found)


def _numbers(cells: pd.Series, name: str) -> np.ndarray | None:
    """The column as float64 (rows,), or None when it has text."""
    numbers = [number(cell) for cell in cells]
    if any(value is None for value in numbers):
        return None
    array = np.array(numbers, np.float64)
    beyond = np.flatnonzero(~(np.abs(array) <= MAX_ABSOLUTE))
    if len(beyond):
        raise InvalidRequest(
            f"Column {quoted(name)} has {quoted(cells[beyond[0]])} in row {beyond[0] + 1} of the data; "
            f"numbers must be finite and at most {MAX_ABSOLUTE:g} in size."
        )
    return array


def _content(file: str) -> bytes:
    if not file:
        return _example()
    if not re.fullmatch(r"[0-9a-f]{64}", file):
        raise InvalidRequest(f"{quoted(file)} is no table that was added; give the file itself first.")
    path = _folder() / f"{file}.csv"
    try:
        content = path.read_bytes()
        _note_use(path)
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
        raise InvalidRequest(f"{quoted(str(source))} cannot be read: {why}.") from None


def _note_use(path: Path) -> None:
    """The modification time is that of the last use: many systems record no access time."""
    with contextlib.suppress(OSError):
        os.utime(path)


def _folder() -> Path:
    folder = data_folder() / FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UnwritableFolder(folder, error.strerror or str(error)) from None
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
