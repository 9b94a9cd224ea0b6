"""Runs on the command line: what the list prints, and what it changes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.commands.main import main as nablascope
from core.paths import VARIABLE
from core.records import to_record
from core.runs.__main__ import main
from core.runs.store import RunStore
from core.training import default_config


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    """The store of a data folder of its own, with two trainings."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    opened = RunStore(tmp_path / "runs.sqlite")
    for data, seed in (("moons", 0), ("spiral", 3)):
        run = opened.create("training", to_record(default_config("mlp", data, seed=seed)))
        opened.end(run, "stopped", "Stopped.")
    yield opened
    opened.close()


def rows(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    """What `list --json` prints."""
    assert main(["list", "--json", *words]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_same_runs_come_as_text_json_and_csv(store: RunStore, capsys: pytest.CaptureFixture[str]) -> None:
    spiral, moons = rows(capsys)
    assert (spiral["data"], spiral["settings"], moons["settings"]) == ("spiral", {"seed": 3}, {})
    assert nablascope(["runs", "list", "--csv"]) == 0
    table = [*csv.DictReader(io.StringIO(capsys.readouterr().out))]
    assert [row["id"] for row in table] == [spiral["id"], moons["id"]]
    assert table[0]["settings"] == "seed=3"
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [spiral["id"], moons["id"]]
    assert "mlp on spiral  seed=3" in lines[0]


def test_words_flags_and_order_choose_what_is_listed(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [row["data"] for row in rows(capsys, "seed=3")] == ["spiral"]
    assert [row["data"] for row in rows(capsys, "--data", "moons,circles")] == ["moons"]
    assert [row["data"] for row in rows(capsys, "--sort", "data", "--ascending")] == ["moons", "spiral"]
    assert [row["data"] for row in rows(capsys, "--limit", "1", "--offset", "1")] == ["moons"]
    assert rows(capsys, "--status", "running") == []
    assert rows(capsys, "--until", "2001-01-01") == []
    assert main(["list", "--limit", "1"]) == 0
    assert "1 of 2 runs" in capsys.readouterr().err


def test_a_run_is_shown_renamed_and_deleted(store: RunStore, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(rows(capsys, "spiral")[0]["id"])
    assert main(["rename", run, "Two arms", "--note", "for Monday"]) == 0
    assert main(["show", run]) == 0
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("Two arms", "for Monday", "Stopped.", "model=mlp"))
    assert main(["show", run, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["config"]["seed"] == 3
    assert main(["delete", run]) == 2, "not without --yes"
    assert "--yes" in capsys.readouterr().err
    assert main(["delete", run, "--yes"]) == 0
    assert [row["data"] for row in rows(capsys)] == ["moons"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "required: COMMAND"),
        (["show", "nothing"], "There is no run with the address 'nothing'."),
        (["delete", "nothing", "--yes"], "There is no run with the address 'nothing'."),
        (["rename", "nothing"], "Nothing to change"),
        (["list", "--status", "lost"], "Unknown status 'lost'; choose from queued"),
        (["list", "--sort", "colour"], "Unknown sort 'colour'"),
        (["list", "--since", "yesterday"], "'yesterday' is no date"),
        (["list", "--limit", "0"], "limit 0 is not possible"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(
    store: RunStore, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert len(printed.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--offset", "9" * 20], "offset 9"),
        (["--min-value", "nan"], "min_value nan is not possible"),
        (["--max-seconds", "inf"], "max_seconds inf is not possible"),
        (["a " * 20_000], "at most 500 are"),
        (["\udcff"], "valid Unicode"),
        (["--since", "0001-01-01"], "is no date"),
    ],
)
def test_what_no_store_can_be_asked_ends_in_a_sentence(
    store: RunStore, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(["list", *words]) == 2
    assert sentence in capsys.readouterr().err
