"""What each column of a table is: numbers, categories, or left out; and what a person has to decide."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.data.csv_cells import COMMA, POINT, decimals, is_missing, number, quoted, short
from core.data.csv_table import Table
from core.data.row_encoding import CATEGORY, NO_VALUE, NUMBER, label_key
from core.errors import InvalidRequest
from core.options import Option

LEFT_OUT, UNDECIDED = "left out", "undecided"
REFUSE, DROP, FILL = "refuse", "drop", "fill"  # what is done about a row without a value
AUTO = "auto"
MAX_VALUES = 12  # different texts of a column that becomes categories by itself

_NAMES = "names separated by commas, one with a comma in quotation marks"
CHOICES: dict[str, Option] = {
    "leave_out": Option(f"columns to leave out: {_NAMES}", ""),
    "as_numbers": Option("columns to read as numbers, in which texts count as missing", ""),
    "as_categories": Option("columns whose values are categories, also where they are numbers", ""),
    "missing": Option(
        "what to do about missing values: refuse them; drop the row; or fill in the mean of the training "
        "rows, or a category of their own",
        REFUSE,
        choices=(REFUSE, DROP, FILL),
    ),
    "drop_missing": Option("columns where a missing value drops the row, whatever `missing` says", ""),
    "fill_missing": Option("columns where a missing value is filled in, whatever `missing` says", ""),
    "decimal": Option("decimal mark of numbers; auto, by the cells", AUTO, choices=(AUTO, POINT, COMMA)),
    "merge_case": Option("whether texts that differ only in capitals and spaces are one category", True),
}
OF_COLUMNS = ("leave_out", "as_numbers", "as_categories", "drop_missing", "fill_missing")


@dataclass(frozen=True)
class Choices:
    """What a person has said of a table's columns: the values of CHOICES."""

    leave_out: str = ""
    as_numbers: str = ""
    as_categories: str = ""
    missing: str = REFUSE
    drop_missing: str = ""
    fill_missing: str = ""
    decimal: str = AUTO
    merge_case: bool = True

    def named(self, choice: str, columns: Sequence[str]) -> tuple[str, ...]:
        """The columns that one choice names. Raises InvalidRequest for a name that is no column."""
        text = getattr(self, choice)
        try:
            cells = next(csv.reader(io.StringIO(text, newline=""), skipinitialspace=True), [])
        except csv.Error:
            cells = [text]
        names = tuple(name for cell in cells if (name := cell.strip()))
        unknown = [name for name in names if name not in columns]
        if unknown and text in columns:  # one name, whose comma nobody has put in quotation marks
            return (text,)
        if unknown:
            known = ", ".join(short(column) for column in columns[:20])
            raise InvalidRequest(f"{choice} names the column {quoted(unknown[0])}; choose from {known}.")
        return names


def names_as_text(names: Sequence[str]) -> str:
    """Names of columns as a choice holds them; Choices.named() reads them."""
    text = io.StringIO()
    csv.writer(text).writerow(names)
    return text.getvalue().removesuffix("\r\n")


@dataclass(frozen=True)
class Column:
    """One column as it was read: what it is, what it holds, and what was done to it."""

    name: str
    kind: str  # NUMBER, CATEGORY, LEFT_OUT or UNDECIDED
    is_target: bool
    missing: int  # cells without a value
    holes: str  # what is done about them: REFUSE, DROP or FILL
    decimal: str = POINT  # or COMMA
    low: float | None = None  # of numbers
    high: float | None = None
    categories: Mapping[str, int] = field(default_factory=dict)  # rows of each, in order
    notes: tuple[str, ...] = ()  # what was converted or left out, and why: phrases
    code: Mapping[str, Any] = field(default_factory=dict)  # its entry in an encoding, but for the scale


def read_columns(table: Table, target: str, is_number: bool, choices: Choices) -> tuple[Column, ...]:
    """Every column; is_number says that the target must be a number, and not a class.

    Raises InvalidRequest for choices of columns that the table does not have.
    """
    named = {choice: choices.named(choice, table.columns) for choice in OF_COLUMNS}
    twice = {*named["as_numbers"]} & {*named["as_categories"]}
    if twice:
        raise InvalidRequest(f"Column {quoted(min(twice))} cannot be both a number and a category.")
    if target in named["leave_out"]:
        raise InvalidRequest(f"Column {quoted(target)} is the target; it cannot be left out.")
    marks = decimals(table.cells, table.delimiter)
    read = []
    for name, cells in table.cells.items():
        decimal = marks[name] if choices.decimal == AUTO else choices.decimal
        holes = choices.missing
        holes = DROP if name in named["drop_missing"] else FILL if name in named["fill_missing"] else holes
        found = _Cells(name, cells, decimal, choices.merge_case, name == target, holes)
        if name == target:
            read.append(_target(found, is_number, name in named["as_numbers"]))
        elif name in named["leave_out"]:
            read.append(found.column(LEFT_OUT, "as chosen"))
        elif name in named["as_numbers"]:
            read.append(_numbers(found))
        elif name in named["as_categories"]:
            read.append(found.as_categories())
        else:
            read.append(_feature(found))
    return tuple(read)


def _feature(found: _Cells) -> Column:
    """A column of which nobody has said anything."""
    texts, numbers = found.texts.total(), found.numbers.total()
    if not texts and not numbers and not found.dashes:
        return found.column(LEFT_OUT, "no values")
    if numbers and not texts:
        return found.as_numbers()
    if numbers >= texts and numbers:
        return found.column(UNDECIDED, f"{numbers:,} numbers and {texts:,} text{'s' * (texts > 1)}")
    values = len(found.groups())
    if values > MAX_VALUES:
        return found.column(LEFT_OUT, f"{values:,} different texts")
    return found.as_categories(*([f"{numbers:,} of them numbers"] if numbers else []))


def _numbers(found: _Cells) -> Column:
    """A column that is to be numbers."""
    if not found.numbers:
        raise InvalidRequest(f"Column {quoted(found.name)} has no number; it cannot be read as numbers.")
    return found.as_numbers()


def _target(found: _Cells, is_number: bool, texts_missing: bool) -> Column:
    """The target; a row without it is dropped where others would be filled."""
    found.holes = DROP if found.holes == FILL else found.holes
    if not is_number:
        return found.as_categories()
    if texts_missing:
        return _numbers(found)
    return found.column(UNDECIDED, "not a number") if found.texts or not found.numbers else found.as_numbers()


class _Cells:
    """The cells of one column, counted: numbers, texts, and what is neither."""

    def __init__(
        self,
        name: str,
        cells: Sequence[str],
        decimal: str,
        merge_case: bool,
        is_target: bool,
        holes: str,
    ) -> None:
        self.name, self.cells, self.decimal, self.merge_case = name, cells, decimal, merge_case
        self.is_target, self.holes = is_target, holes
        self.counts = Counter(cells)
        self.numbers: Counter[str] = Counter()
        self.texts: Counter[str] = Counter()
        self.words: Counter[str] = Counter()  # for no value
        self.dashes = 0  # cells that are no value among numbers, and may be a category among texts
        self.values: dict[str, float] = {}
        for cell, count in self.counts.items():
            value = number(cell, decimal)
            if value is not None:
                self.values[cell], self.numbers[cell] = value, count
            elif is_missing(cell):
                self.words[cell] = count
            elif is_missing(cell, among_numbers=True):
                self.dashes += count
            else:
                self.texts[cell] = count

    def column(self, kind: str, *notes: str, **more: Any) -> Column:
        """The column as it was read."""
        missing = more.pop("missing", self.words.total())
        return Column(self.name, kind, self.is_target, missing, self.holes, self.decimal, notes=notes, **more)

    def as_numbers(self) -> Column:
        """The column as numbers; texts count as no value."""
        code = {"name": self.name, "kind": NUMBER, "decimal": self.decimal, "texts_missing": bool(self.texts)}
        finite = self.values.values()
        return self.column(
            NUMBER,
            *self._conversions(),
            missing=self.words.total() + self.dashes + self.texts.total(),
            low=min(finite),
            high=max(finite),
            code=code,
        )

    def as_categories(self, *notes: str) -> Column:
        """The column as categories, in the order of their names, of numbers by size."""
        groups = self.groups()
        numeric = self._is_numeric()
        counts = {name: sum(self.counts[cell] for cell in cells) for name, cells in groups.items()}
        order = sorted(counts, key=lambda name: (name not in self.values, self.values.get(name, 0.0), name))
        counts = {name: counts[name] for name in order}
        merged = [f"{', '.join(sorted(cells)[:4])} are one" for cells in groups.values() if len(cells) > 1]
        missing = self.words.total() + (self.dashes if numeric else 0)
        values: list[str | None] = list(counts)
        if missing and self.holes == FILL and not self.is_target:
            values.append(None)
            notes = (*notes, f"missing values are the category {NO_VALUE}")
        code = {
            "name": self.name,
            "kind": CATEGORY,
            "decimal": self.decimal,
            "values": values,
            "numeric": numeric,
            "merge_case": self.merge_case,
        }
        notes = (*self._missing_words(), *merged, *notes)
        return self.column(CATEGORY, *notes, missing=missing, categories=counts, code=code)

    def groups(self) -> dict[str, list[str]]:
        """The spellings of each category, by the one that it is called by."""
        found: dict[Any, list[str]] = {}
        rule = {"numeric": self._is_numeric(), "merge_case": self.merge_case}
        for cell in self.counts:
            missing = is_missing(cell, among_numbers=rule["numeric"])
            if not missing:
                found.setdefault(label_key(cell, rule, self.decimal), []).append(cell)
        if rule["numeric"]:
            return {min(cells, key=lambda cell: (len(cell), cell)): cells for cells in found.values()}
        return {max(cells, key=lambda cell: (self.counts[cell], cell)): cells for cells in found.values()}

    def _is_numeric(self) -> bool:
        return bool(self.numbers) and not self.texts

    def _missing_words(self) -> list[str]:
        words = [word for word in self.words if word]
        return [f"{', '.join(sorted(words)[:4])}: missing"] if words else []

    def _conversions(self) -> list[str]:
        """What reading the cells as numbers took."""
        notes = self._missing_words()
        written = "".join(self.numbers)
        if self.texts:
            some = ", ".join(quoted(text) for text in sorted(self.texts)[:3])
            notes.append(f"texts such as {some}: missing")
        if self.dashes:
            notes.append("dashes and words for nothing: missing")
        if self.decimal == COMMA and "," in written:
            notes.append("decimal commas")
        if set(written) & set(
            "'’ \u00a0\u202f\u2009," if self.decimal == POINT else "'’ \u00a0\u202f\u2009."
        ):
            notes.append("thousands separators")
        notes += ["percent: 50% is 0.5"] if "%" in written else []
        notes += ["currency signs removed"] if set(written) & set("$€£¥") else []
        notes += ["one value"] if len(set(self.values.values())) == 1 else []
        order = [self.values.get(cell) for cell in self.cells]
        if order[0] in (0, 1) and order == [order[0] + place for place in range(len(order))]:
            notes.append("numbers the rows: leave it out?")
        return notes
