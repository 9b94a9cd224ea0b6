"""A CSV file on the command line: shown before a training, learned by class or number, and predicted.

A zip of images as well.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core.commands.training import command
from core.errors import InvalidRequest
from tests.core.data.user.zips import folders, zipped

ROWS = "".join(f"{n};{'#N/A' if n % 5 == 0 else f'{n},5'};{'ab'[n % 2]};{n * 3}\n" for n in range(40))
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a table with decimal commas and cells without a value."""
    monkeypatch.setenv("NABLASCOPE_HOME", str(tmp_path / "home"))
    path = tmp_path / "mine.csv"
    path.write_text(f"id;dose;kind;price\n{ROWS}")
    return str(path)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """say(*words): exit code, stdout and stderr of the command in this process."""

    def say(*words: str) -> tuple[int, str, str]:
        code = command([*words])
        return code, *capsys.readouterr()

    return say


SHORT = ("--epochs", "1", "--hidden", "4")


def test_how_a_table_is_read_is_shown_without_a_training(table: str, say: Say) -> None:
    code, out, problem = say("table", table, "--target", "kind", "--json")
    rows = {row["column"]: row for row in map(json.loads, out.splitlines())}
    assert (code, rows["dose"]["type"], rows["dose"]["missing"]) == (2, "number", 8)
    assert rows["kind"]["type"] == "category, target"
    assert "Row 2 has no value in column 'dose'" in problem
    assert "--set missing=drop" in problem
    code, out, _ = say("table", table, "--target", "kind", "--set", "missing=drop", "--set", "leave_out=id")
    assert code == 0
    assert "32 of 40 rows, 2 features" in out
    assert "decimal commas" in out


def test_nothing_is_trained_before_something_is_decided(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InvalidRequest, match=r"drop such rows or fill them in .--set missing=drop or"):
        command(["mlp", "--data", table, *SHORT])
    assert "dose   number" in capsys.readouterr().err


def test_a_number_is_learned_by_task_and_target(table: str, say: Say) -> None:
    words = ("mlp", "--data", table, "--task", "regression", "--target", "price", "--set", "missing=drop")
    code, out, err = say(*words, "--json", *SHORT)
    records = [json.loads(line) for line in out.splitlines()]
    assert (code, records[0]["data"], records[0]["metric"]) == (0, "own_csv_values", "skill")
    assert records[0]["train_samples"] + records[0]["test_samples"] == 32
    assert "price  number, target" in err


def test_a_run_predicts_the_rows_of_another_file(table: str, say: Say, tmp_path: Path) -> None:
    run, new, out_file = str(tmp_path / "run"), tmp_path / "new.csv", tmp_path / "predicted.csv"
    code, _, _ = say(
        "mlp", "--data", table, "--target", "kind", "--set", "missing=fill", "--out", run, *SHORT
    )
    assert code == 0
    new.write_text("price,dose,id\n1,?,0\n2,3.5,1\n")
    code, out, err = say("predict", run, "--csv", str(new))
    header, *rows = csv.reader(io.StringIO(out))
    assert (code, err) == (0, "")
    assert header == ["price", "dose", "id", "predicted kind", "probability of a", "probability of b"]
    assert [row[3] in "ab" for row in rows] == [True, True]
    assert say("predict", run, "--csv", str(new), "--out", str(out_file))[0] == 0
    assert out_file.read_text() == out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("mlp", "--data", "moons", "--task", "regression"), "--task is for a CSV file; moons has a task"),
        (("mlp", "--data", "iris", "--target", "x"), "--target is for a CSV file"),
        (("table", "moons"), "'moons' is no CSV file"),
        (("predict", "nosuch", "--csv", "none.csv"), "'none.csv' cannot be read: No such file"),
    ],
)
def test_what_cannot_be_is_one_sentence(table: str, words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        command([*words])


def test_a_zip_of_class_folders_is_shown_and_learned(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NABLASCOPE_HOME", str(tmp_path / "home"))
    path = tmp_path / "mine.zip"
    path.write_bytes(zipped(folders(8)))
    code, out, shown = say("mlp", "--data", str(path), *SHORT, "--set", "colour=rgb", "--json")
    assert code == 0
    assert "16 images of 2 classes: green 8, red 8" in shown
    started = json.loads(out.splitlines()[0])
    assert (started["data"], started["parameters"]) == ("own_images", 4 * 28 * 28 * 3 + 4 + 4 + 1)
    path.write_bytes(b"no zip")
    with pytest.raises(InvalidRequest, match="is no whole zip"):
        say("mlp", "--data", str(path))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("mlp", "--data", "x" * 10_000), "Unknown data 'xxx"),
        (("landscape", "x" * 10_000), "no training with the address 'xxx"),
        (("landscape", "\udcff"), "valid Unicode"),
        (("predict", "x" * 10_000, "--csv", __file__), "no training with the address 'xxx"),
        (("mlp", "--set", "resume_from=abc"), "--resume resumes one from its folder"),
    ],
)
@pytest.mark.usefixtures("table")
def test_what_is_no_file_folder_or_run_is_said_in_a_sentence(words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence) as refused:
        command([*words])
    assert len(str(refused.value)) < 1000
