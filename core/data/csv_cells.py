"""The cells of a CSV file, and what each of them is: a number, a text, or nothing.

Of the standard library alone, as an exported network takes this file with it unchanged.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from core.errors import InvalidRequest

DELIMITERS = ",;\t|"
POINT, COMMA = "point", "comma"  # what stands before the decimals
JUDGED_ROWS = 200  # of which cells are looked at where two separators are possible
JUDGED_BYTES = 2000  # that say whether a text without a byte order mark is in UTF-16
_CONTROL = re.compile("[\x01-\x08\x0e-\x1f\ufffe\uffff]")

# A cell without a value: nothing, a word for it, or an error of a spreadsheet.
MISSING = frozenset(("", "?", "na", "n/a", "nan", "null", "<na>"))
_ERROR = re.compile(r"#[a-z0-9/_]+[!?]|#n/?a|#nv|err:[0-9]{3}")
# Among numbers these are no values either; among texts they may be a category.
MISSING_AMONG_NUMBERS = frozenset(("none", "nil", "-", "--", "---", "–", "—", ".", ".."))

_CURRENCY = "$€£¥"
_SPACES = "\u00a0\u2009\u202f "  # between groups of three digits


@dataclass(frozen=True)
class Sheet:
    """A header and the rows that are not blank, each as wide as it is in the file; cells are stripped."""

    header: list[str]
    rows: list[list[str]]
    row_numbers: list[int]  # of each row in the file, from 1
    delimiter: str
    comments: int = 0  # lines on top that are left out


def read_sheet(content: bytes, max_rows: int | None = None) -> Sheet:
    """The cells of a CSV file. Raises InvalidRequest for what is no text, and for more than max_rows rows."""
    text = decoded(content)
    delimiters, skipped = DELIMITERS, 0
    first_line = re.match(r"sep=(.)\r?\n", text)  # how a spreadsheet names its separator
    if first_line:
        delimiters, skipped, text = first_line[1], 1, text[first_line.end() :]
    comments, text = _comments(text)
    rows, delimiter = _rows(text, delimiters, max_rows)
    if max_rows is not None and len(rows) > max_rows + 1:
        raise InvalidRequest(f"The table has more than {max_rows:,} rows, which is the most allowed.")
    if _is_header(comments, rows, delimiter):
        rows.insert(0, _stripped(next(csv.reader(comments[-1:], delimiter=delimiter))))
        comments.pop()
    skipped += len(comments)
    filled = [(number, row) for number, row in enumerate(rows, skipped + 1) if any(row)]
    if not filled:
        raise InvalidRequest("The file is empty.")
    (_, header), *below = filled
    return Sheet(header, [row for _, row in below], [number for number, _ in below], delimiter, len(comments))


def decoded(content: bytes) -> str:
    """The text of a file in UTF-8 or UTF-16, with a byte order mark or without one."""
    encoding = "utf-8-sig"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif b"\0" in content[:JUDGED_BYTES]:  # half of the bytes of most texts in UTF-16
        low, high = content[1:JUDGED_BYTES:2].count(0), content[0:JUDGED_BYTES:2].count(0)
        encoding = "utf-16-le" if low > high else "utf-16-be"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-8-sig":
            raise InvalidRequest("The file is not in UTF-8; save it as CSV in UTF-8.") from None
        text = "\0"
    if "\0" in text or (encoding != "utf-8-sig" and _CONTROL.search(text)):
        raise InvalidRequest("The file is not a CSV table: it holds bytes that no text has.")
    if not text.strip():
        raise InvalidRequest("The file is empty.")
    return text


def _comments(text: str) -> tuple[list[str], str]:
    """The lines on top that begin with "#", and the rest."""
    comments = []
    while match := re.match(r"#[^\r\n]*(?:\r\n|\r|\n|$)", text):
        comments.append(match[0].rstrip("\r\n"))
        text = text[match.end() :]
    return comments, text


def _is_header(comments: Sequence[str], rows: Sequence[list[str]], delimiter: str) -> bool:
    """Whether the last comment is the header: as wide as the rows below, of which the first has a number."""
    first = next((row for row in rows if any(row)), None)
    if not comments or (first and len(first) < 2):
        return not rows and bool(comments)
    try:
        width = len(next(csv.reader(comments[-1:], delimiter=delimiter, strict=True)))
    except csv.Error:
        return False
    return first is None or (width == len(first) and any(is_number(cell) for cell in first))


def _rows(text: str, delimiters: str, max_rows: int | None) -> tuple[list[list[str]], str]:
    """The rows by the separator under which all of them are equally long; else most of them."""
    best: tuple[tuple[float, ...], list[list[str]], str] | None = None
    error: csv.Error | None = None
    for delimiter in delimiters:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            rows = [_stripped(row) for row in islice(reader, max_rows and max_rows + 2)]
        except csv.Error as wrong:
            error = error or wrong
            continue
        score = _score(rows)
        if best is None or score > best[0]:
            best = score, rows, delimiter
    if best is None:
        raise InvalidRequest(f"The file is not a CSV table: {error}.")
    return best[1], best[2]


def _score(rows: Sequence[list[str]]) -> tuple[float, ...]:
    """How well a separator suits: rows as wide as the first one, cells that are numbers, columns."""
    filled = [row for row in rows if any(row)]
    if not filled or len(filled[0]) < 2:
        return (0.0, 0.0, 0.0)
    agree = sum(len(row) == len(filled[0]) for row in filled) / len(filled)
    cells = [cell for row in filled[1:JUDGED_ROWS] for cell in row if cell]
    numbers = sum(is_number(cell) for cell in cells) / max(1, len(cells))
    return (agree, numbers, len(filled[0]))


def _stripped(row: Iterable[str]) -> list[str]:
    return [cell.strip() for cell in row]


def is_missing(cell: str, among_numbers: bool = False) -> bool:
    """Whether a cell has no value; among numbers a dash is none either."""
    word = cell.lower()
    if word in MISSING or (among_numbers and word in MISSING_AMONG_NUMBERS):
        return True
    return word[:1] in "#e" and _ERROR.fullmatch(word) is not None


def _pattern(mark: str, groups: str) -> re.Pattern[str]:
    """A number whose decimals follow `mark`, and whose thousands one of `groups` separates."""
    grouped = rf"[1-9][0-9]{{0,2}}(?P<group>[{groups}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*(?:{mark}[0-9]*)?"
    digits = rf"(?P<digits>(?:{grouped}|[0-9]+(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    space, currency = f"[{_SPACES}]?", f"[{_CURRENCY}]"
    before = rf"(?P<sign>[+-]?)(?:{space}{currency}{space}(?P<sign_after>[+-]?))?"
    return re.compile(rf"{before}{digits}(?:{space}(?P<unit>%|{currency}))?")


_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMBERS = {POINT: _pattern(r"\.", rf",'’{_SPACES}"), COMMA: _pattern(",", rf".'’{_SPACES}")}
_DIGITS = {POINT: str.maketrans("", "", f",'’{_SPACES}"), COMMA: str.maketrans(",", ".", f".'’{_SPACES}")}


def number(cell: str, decimal: str = POINT) -> float | None:
    """The number that a spreadsheet sees in a cell; None in a text. A number too large is infinite.

    decimal: POINT or COMMA. Thousands may be grouped; a sign, a currency or a percent sign may stand beside
    the digits, and parentheses around them make the number negative.
    """
    if decimal == POINT and _PLAIN.fullmatch(cell):
        return float(cell)
    in_parentheses = cell[:1] == "(" and cell[-1:] == ")"
    found = _NUMBERS[decimal].fullmatch(cell[1:-1] if in_parentheses else cell)
    if found is None:
        return None
    signs = f"{'-' * in_parentheses}{found['sign']}{found['sign_after'] or ''}"
    if len(signs) > 1:
        return None
    value = float(found["digits"].translate(_DIGITS[decimal])) / (100 if found["unit"] == "%" else 1)
    return -value if signs == "-" else value


def is_number(cell: str) -> bool:
    """Whether a cell is a number, with whichever decimal mark."""
    return number(cell) is not None or number(cell, COMMA) is not None


def decimals(
    columns: Mapping[str, Iterable[str]], delimiter: str, otherwise: Mapping[str, str] | None = None
) -> dict[str, str]:
    """POINT or COMMA for each column, by its cells that can be read in one way alone, such as 0.5 and 0,5.

    A column without such cells (1,234) is as `otherwise` says, or follows the other columns; without any, a
    file with semicolons has decimal commas, as spreadsheets write semicolons where the comma is taken.
    """
    votes = {name: _votes(cells) for name, cells in columns.items()}
    total: Counter[str] = sum(votes.values(), Counter())
    rest = COMMA if total[COMMA] > total[POINT] else POINT
    if not total[COMMA] and not total[POINT] and delimiter == ";" and total["1,234"]:
        rest = COMMA
    unsure = otherwise or dict.fromkeys(votes, rest)
    return {
        name: unsure[name] if found[POINT] == found[COMMA] else max((POINT, COMMA), key=found.__getitem__)
        for name, found in votes.items()
    }


def _votes(cells: Iterable[str]) -> Counter[str]:
    votes: Counter[str] = Counter()
    for cell in cells:
        if "," in cell or "." in cell:
            by_point, by_comma = number(cell), number(cell, COMMA)
            if by_point is not None and by_comma is not None:
                votes["1,234" if "," in cell else "1.234"] += by_point != by_comma
            elif by_point is not None or by_comma is not None:
                votes[COMMA if by_point is None else POINT] += 1
    return votes


def quoted(text: str) -> str:
    """A name or cell as messages show it."""
    return repr(short(text))


def short(text: str) -> str:
    """At most 40 characters of a name or cell."""
    return text if len(text) <= 40 else f"{text[:40]}..."
