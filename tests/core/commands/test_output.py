"""Rows in each format, read back by another reader."""

from __future__ import annotations

import argparse
import csv
import io
import json

import pytest

from core.commands.output import add_formats, print_rows
from core.commands.parser import Parser
from core.errors import InvalidRequest

ROWS = [
    {"name": "a, b", "highest": float("inf"), "kinks": (0.5, 1.0), "bounded": False},
    {"name": "c|d", "highest": 2.0, "kinks": (), "bounded": None},
]


def test_json_lines_hold_values_and_spell_out_infinity(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, "json", str)
    first, second = (
        json.loads(line, parse_constant=pytest.fail) for line in capsys.readouterr().out.splitlines()
    )
    assert first == {"name": "a, b", "highest": "inf", "kinks": [0.5, 1.0], "bounded": False}
    assert second["bounded"] is None


def test_csv_is_read_back_by_csv(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, "csv", str)
    first, second = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert first == {"name": "a, b", "highest": "inf", "kinks": "0.5; 1.0", "bounded": "no"}
    assert second == {"name": "c|d", "highest": "2.0", "kinks": "none", "bounded": "none"}


def test_markdown_escapes_what_would_end_a_cell(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, "markdown", str)
    header, rule, _, second = capsys.readouterr().out.splitlines()
    assert header == "| name | highest | kinks | bounded |"
    assert rule.count("---") == 4
    assert r"c\|d" in second


def test_text_is_a_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, "text", lambda row: row["name"])
    assert capsys.readouterr().out == "a, b\nc|d\n"


def test_one_format_can_be_chosen_and_text_is_the_default() -> None:
    parser: argparse.ArgumentParser = Parser(prog="test")
    add_formats(parser, "json", "csv")
    assert parser.parse_args([]).format == "text"
    assert parser.parse_args(["--csv"]).format == "csv"
    with pytest.raises(InvalidRequest, match="--csv"):
        parser.parse_args(["--json", "--csv"])
    with pytest.raises(InvalidRequest, match="--markdown"):
        parser.parse_args(["--markdown"])
