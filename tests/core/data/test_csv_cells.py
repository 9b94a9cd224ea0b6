"""A cell is what a spreadsheet sees in it, and the separator is the one under which all rows agree."""

from __future__ import annotations

import csv
import io
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.csv_cells import COMMA, POINT, decimals, is_missing, number, read_sheet
from core.errors import InvalidRequest

FAST = settings(max_examples=150, deadline=None)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("7", 7),
        ("007", 7),
        ("-0.5", -0.5),
        (".5", 0.5),
        ("1E+10", 1e10),
        ("1.5e-05", 1.5e-5),
        ("1,234.50", 1234.5),
        ("1'234.50", 1234.5),
        ("1 234 567", 1234567),
        ("1\u202f234.5", 1234.5),
        ("$1,234.50", 1234.5),
        ("-$5", -5),
        ("$-5", -5),
        ("5 €", 5),
        ("(1,234.50)", -1234.5),
        ("12.5%", 0.125),
    ],
)
def test_every_way_in_which_a_spreadsheet_writes_a_number_is_read(cell: str, value: float) -> None:
    assert number(cell) == value
    turned = cell.translate(str.maketrans(",.", ".,"))
    assert number(turned, COMMA) == value


NO_NUMBERS = (
    "18_25",
    "1_0",
    "1__0",
    "inf",
    "-Infinity",
    "nan",
    "+nan",
    "0x1F",
    "0b1",
    "١٢",
    "１２",
    "1e",
    "e5",
)
NO_NUMBERS += (
    "1,23,456",
    "12,34.5",
    "1 2",
    "1-2",
    "--1",
    "$",
    "%",
    "()",
    "+",
    "(-5)",
    "1.2.3",
    "5j",
    "5L",
    "",
    " ",
)


@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_what_only_a_programming_language_calls_a_number_is_none(cell: str) -> None:
    assert number(cell) is None


@FAST
@given(st.text(st.sampled_from(string.ascii_letters + string.digits + "_+-.,eE "), max_size=12))
def test_a_text_with_a_letter_or_an_underscore_is_no_number(cell: str) -> None:
    if set(cell) & set(string.ascii_letters + "_") - {"e", "E"}:
        assert number(cell) is None
        assert number(cell, COMMA) is None


@FAST
@given(st.floats(-1e30, 1e30), st.integers(0, 6), st.booleans())
def test_every_number_is_read_as_it_was_written(value: float, digits: int, grouped: bool) -> None:
    for written in (repr(value), f"{value:.{digits}E}", f"{value:{',' if grouped else ''}.{digits}f}"):
        expected = float(written.replace(",", ""))
        assert number(written) == expected
        assert number(written.translate(str.maketrans(",.", ".,")), COMMA) == expected


def test_the_decimal_mark_is_that_of_the_cells_that_allow_one_alone() -> None:
    columns = {"point": ["0.5", "1,234"], "comma": ["0,5", "1.234"], "unsure": ["1,234"], "text": ["a, b"]}
    found = decimals(columns, ",")
    assert (found["point"], found["comma"], found["unsure"]) == (POINT, COMMA, POINT)
    assert decimals({"unsure": ["1,234"], "sure": ["0,5"]}, ",")["unsure"] == COMMA
    assert decimals({"unsure": ["1,234"]}, ";")["unsure"] == COMMA
    assert decimals({"unsure": ["1.234"]}, ";")["unsure"] == POINT
    assert decimals({"unsure": ["1,234"]}, ";", {"unsure": POINT})["unsure"] == POINT


@pytest.mark.parametrize(
    "cell", ["", "?", "NA", "n/a", "NaN", "null", "#N/A", "#DIV/0!", "#VALUE!", "#REF!", "Err:502"]
)
def test_a_cell_without_a_value_is_missing_everywhere(cell: str) -> None:
    assert is_missing(cell)


def test_a_dash_or_none_is_missing_among_numbers_alone() -> None:
    for cell in ("-", "None", ".", "–"):
        assert is_missing(cell, among_numbers=True)
        assert not is_missing(cell)
    for cell in ("0", "no", "#1", "#tag", "error", "-1"):
        assert not is_missing(cell, among_numbers=True)


@pytest.mark.parametrize("separator", ",;\t|")
def test_the_separator_is_the_one_under_which_all_rows_agree(separator: str) -> None:
    header, *rows = [
        ["Price (net, EUR)", "Area; gross", "a|b\tc"],
        ["1,3", "x;y", "t\tu|v"],
        ["2,5", "z", "w,w"],
    ]
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([header, *rows])
    sheet = read_sheet(text.getvalue().encode())
    assert (sheet.delimiter, sheet.header, sheet.rows) == (separator, header, rows)


def test_decimal_commas_do_not_separate_where_semicolons_do() -> None:
    sheet = read_sheet(b"net, EUR;gross, EUR\n1,5;2,5\n3,5;4,5\n")
    assert sheet.rows == [["1,5", "2,5"], ["3,5", "4,5"]]


CELLS = st.text(st.sampled_from("ab1. \"'\n"), max_size=5).map(str.strip)


@FAST
@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=3)
    ),
    st.sampled_from(",;\t|"),
)
def test_what_a_spreadsheet_has_quoted_comes_back_whole(rows: list[list[str]], separator: str) -> None:
    rows[0] = [f"c{place}" for place in range(len(rows[0]))]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(rows)
    sheet = read_sheet(text.getvalue().encode())
    assert [sheet.header, *sheet.rows] == [row for row in rows if any(row)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_unicode_that_a_spreadsheet_saves_is_read(encoding: str, ending: str) -> None:
    sheet = read_sheet(f"größe,c{ending}1,ä{ending}".encode(encoding))
    assert (sheet.header, sheet.rows) == (["größe", "c"], [["1", "ä"]])


def test_comments_on_top_are_left_out_and_rows_keep_their_numbers() -> None:
    sheet = read_sheet(b"# exported\n# unit: mm\nx,y\n1,2\n\n3,4\n")
    assert (sheet.header, sheet.comments, sheet.row_numbers) == (["x", "y"], 2, [4, 6])
    of_text = read_sheet(b"#x,y,c\n1,2,no\n3,4,yes\n")  # a header that begins so
    assert (of_text.header, of_text.comments, len(of_text.rows)) == (["#x", "y", "c"], 0, 2)
    assert read_sheet(b"sep=;\na;b\n1,0;2,0\n").rows == [["1,0", "2,0"]]


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", bytes(range(256))])
def test_bytes_that_are_no_text_are_refused(content: bytes) -> None:
    with pytest.raises(InvalidRequest, match=r"bytes that no text has|not in UTF-8"):
        read_sheet(content)
