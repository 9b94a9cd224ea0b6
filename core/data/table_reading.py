"""A table read for a task: which rows are used, their classes or values, and their features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.csv_cells import is_missing, number, quoted, short
from core.data.csv_table import MIN_ROWS, Table
from core.data.dataset import CLASSIFICATION
from core.data.row_encoding import CATEGORY, NUMBER, feature_names, unscaled
from core.data.table_columns import DROP, FILL, REFUSE, UNDECIDED, Choices, Column, read_columns
from core.errors import InvalidRequest

MAX_FEATURES = 300  # once columns of text have become a column for each of their values
MAX_CLASSES = 12
MAX_ABSOLUTE = 1e30  # float32 ends at 3.4e38


@dataclass(frozen=True)
class Preview:
    """What a training would learn from: every column as it is read, and what still stands in the way."""

    columns: tuple[Column, ...]
    rows: int  # of the file
    used_rows: int  # without those that a missing value drops
    features: int  # inputs of the network
    notes: tuple[str, ...]  # what was left out of the file, in sentences
    problem: str | None  # why it cannot be learned from, in a sentence; None when it can


def read_table(table: Table, target: str, task: str, choices: Choices) -> Reading:
    """The table as these choices read it. Raises InvalidRequest for columns that it does not have."""
    if target not in table.columns:
        known = ", ".join(short(column) for column in table.columns[:20])
        more = ", ..." if len(table.columns) > 20 else ""
        raise InvalidRequest(f"There is no column {quoted(target)}; choose from {known}{more}.")
    columns = read_columns(table, target, task != CLASSIFICATION, choices)
    dropped: set[int] = set()
    for column in columns:
        if column.holes == DROP and column.code:
            dropped.update(_holes(table.cells[column.name], column))
    kept = [place for place in range(len(table.row_numbers)) if place not in dropped]
    return Reading(table, columns, task, kept)


def previewed(reading: Reading) -> Preview:
    """What a person sees of it before a training starts."""
    features, problem = 0, None
    try:
        reading.check()
        features = reading.features()[0].shape[1]
        reading.labels() if reading.task == CLASSIFICATION else reading.values()
    except InvalidRequest as error:
        problem = str(error)
    rows = len(reading.table.row_numbers)
    return Preview(reading.columns, rows, len(reading.kept), features, reading.table.notes, problem)


def as_rows(preview: Preview) -> list[dict[str, Any]]:
    """A row for each column: its name, what it is, cells without a value, what it holds, and remarks."""
    return [
        {
            "column": column.name,
            "type": f"{column.kind}, target" if column.is_target else column.kind,
            "missing": column.missing,
            "values": _values(column),
            "remarks": "; ".join([*column.notes, *_about_holes(column)]),
        }
        for column in preview.columns
    ]


def _values(column: Column) -> str:
    if column.low is not None:
        return f"{column.low:g} to {column.high:g}"
    shown = [f"{short(name)} ({rows:,})" for name, rows in column.categories.items()]
    return ", ".join([*shown[:MAX_CLASSES], *(["..."] if len(shown) > MAX_CLASSES else [])])


def _about_holes(column: Column) -> list[str]:
    """What is done about missing values, unless the column has said so already."""
    if not column.missing or not column.code:
        return []
    if column.holes == FILL:
        return ["missing values become the mean"] if column.kind == NUMBER else []
    return ["rows without a value are dropped"] if column.holes == DROP else ["missing values: drop or fill?"]


def names_of(columns: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """What the features of encoded columns are called."""
    return tuple(name for column in columns for name in feature_names(column))


@dataclass(frozen=True, eq=False)
class Reading:
    """A table, its columns, and the places of the rows that are used."""

    table: Table
    columns: tuple[Column, ...]
    task: str
    kept: list[int]

    @property
    def target(self) -> Column:
        """The target's column."""
        return next(column for column in self.columns if column.is_target)

    def check(self) -> None:
        """Raise InvalidRequest for what a person has to decide first, and where few rows are left."""
        for column in self.columns:
            if column.kind == UNDECIDED:
                raise InvalidRequest(self._undecided(column))
        self._check_holes()
        if len(self.kept) < MIN_ROWS:
            raise InvalidRequest(
                f"{len(self.kept)} rows are left without those that have missing values; at least {MIN_ROWS} "
                "are needed."
            )

    def labels(self) -> np.ndarray:
        """The class number of each row, int64 (rows,). Raises InvalidRequest for what cannot be classes."""
        target = self.target
        name, known = quoted(target.name), [*target.categories]
        if len(known) == 1:
            raise InvalidRequest(f"Column {name} has one class, {quoted(known[0])}; two are needed.")
        if len(known) > MAX_CLASSES:
            numeric = "; for numbers there is regression" if target.code["numeric"] else ""
            raise InvalidRequest(
                f"Column {name} has more than {MAX_CLASSES} different values, too many for classes{numeric}."
            )
        if not known:
            raise InvalidRequest(f"Column {name} has no values.")
        indicators = np.array(self._unscaled(target))
        counts = indicators.sum(axis=1)
        if counts.min() < 2:
            label = quoted(known[int(counts.argmin())])
            rows = "one row" if counts.min() else "no row left"
            raise InvalidRequest(f"Class {label} of column {name} has {rows}; every class needs two or more.")
        return indicators.argmax(axis=0).astype(np.int64)

    def values(self) -> np.ndarray:
        """The number of each row, float64 (rows,)."""
        return self._features_of(self.target)[0]

    def features(self) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """Every column that is read but for the target, (rows, features), and its entry in an encoding.

        NaN stands for a number that is to be filled in. Raises InvalidRequest for too many features or none.
        """
        read = [column for column in self.columns if column.code and not column.is_target]
        if not read:
            raise InvalidRequest("No column is left to learn from.")
        if sum(len(feature_names(column.code)) for column in read) > MAX_FEATURES:
            raise InvalidRequest(
                f"The columns of text become more than {MAX_FEATURES} features; leave some of them out."
            )
        features = [feature for column in read for feature in self._features_of(column)]
        return np.column_stack(features), [{**column.code, "holes": column.holes} for column in read]

    def _features_of(self, column: Column) -> list[np.ndarray]:
        features = self._unscaled(column)
        for row, value in zip(self.kept, features[0], strict=True):
            if abs(value) > MAX_ABSOLUTE:
                raise InvalidRequest(self._too_large(column, row))
        return [np.array(feature) for feature in features]

    def _unscaled(self, column: Column) -> list[list[float]]:
        cells = self.table.cells[column.name]
        rows = [self.table.row_numbers[place] for place in self.kept]
        return unscaled([cells[place] for place in self.kept], column.code, column.decimal, rows)

    def _too_large(self, column: Column, place: int) -> str:
        cell, row = self.table.cells[column.name][place], self.table.row_numbers[place]
        return (
            f"Column {quoted(column.name)} has {quoted(cell)} in row {row}; numbers must be at most "
            f"{MAX_ABSOLUTE:g} in size."
        )

    def _check_holes(self) -> None:
        rows = self.table.row_numbers
        read = [column for column in self.columns if column.code and column.missing]
        refused = [column for column in read if column.holes == REFUSE]
        if not refused:
            return
        column, others = refused[0], len(refused) - 1
        row = rows[_holes(self.table.cells[column.name], column)[0]]
        more = f" ({column.missing:,} of {len(rows):,} rows have none there)" if column.missing > 1 else ""
        also = {0: "", 1: "; so has another column"}.get(others, f"; so have {others} other columns")
        raise InvalidRequest(
            f"Row {row} has no value in column {quoted(column.name)}{more}{also}; drop such rows or fill "
            "them in (missing), or leave the column out (leave_out)."
        )

    def _undecided(self, column: Column) -> str:
        cells, rows = self.table.cells[column.name], self.table.row_numbers
        text, row = next(
            (cell, row)
            for cell, row in zip(cells, rows, strict=True)
            if number(cell, column.decimal) is None and not is_missing(cell, among_numbers=True)
        )
        where = f"{quoted(text)} first in row {row}"
        if column.is_target:
            return f"Column {quoted(column.name)} has text, {where}, and the target must be a number."
        return (
            f"Column {quoted(column.name)} has {column.notes[0]}, {where}; read it as numbers, in which "
            "texts are missing (as_numbers), as categories (as_categories), or leave it out (leave_out)."
        )


def _holes(cells: Sequence[str], column: Column) -> list[int]:
    """The places of the cells without a value."""
    if column.kind == NUMBER:
        return [place for place, cell in enumerate(cells) if number(cell, column.decimal) is None]
    assert column.kind == CATEGORY
    numeric = column.code["numeric"]
    return [place for place, cell in enumerate(cells) if is_missing(cell, among_numbers=numeric)]
