"""Experiments on the command line."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from core.experiments.__main__ import main
from core.experiments.overview.registry import STATEMENTS
from core.experiments.registry import EXPERIMENTS
from core.paths import VARIABLE
from tests.core.commands.processes import start

SMALL = [f"--set={text}" for text in ("hidden=4", "seeds=2", "samples=40", "learning_rates=0.1,2", "steps=5")]


def test_json_is_one_event_a_line_and_ends_with_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dying_units", *SMALL, "--json"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [record["event"] for record in records]
    assert kinds[0] == "dying_units_started"
    assert set(kinds[1:-1]) == {"units_checked"}
    assert kinds[-1] == "dying_units_finished"
    assert records[0]["learning_rates"] == [0.1, 2.0]
    assert records[-1]["verdict"]


def test_text_is_a_table_and_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dying_units", *SMALL, "--set", "biases=-50"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^ReLU +2 +-50 +100.0% +100.0%", out, re.MULTILINE)
    assert "100% of its units are dead" in out


def test_commas_within_an_expression_do_not_separate(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dying_units", *SMALL, "--set", "activations=relu,max(x, 0.1 * x)", "--json"]) == 0
    started = json.loads(capsys.readouterr().out.splitlines()[0])
    assert started["activations"] == ["relu", "max(x, 0.1 * x)"]


def test_list_names_every_setting_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    answer = capsys.readouterr().out
    assert all(name in answer for name in EXPERIMENTS)
    assert "hidden=16,16" in answer
    assert main(["list", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[-1]["settings"]["seeds"] == 8


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["purple"], "invalid choice: 'purple'"),
        ([], "required: NAME"),
        (["dying_units", "--set", "seeds"], "write key=value"),
        (["dying_units", "--set", "seeds=many"], "it must be a whole number"),
        (["dying_units", "--set", "colour=red"], "Unknown setting 'colour'; choose from activations"),
        (["dying_units", "--set", "biases=low"], "it must be a number"),
        (["dying_units", "--set", "activations=purple"], "Unknown activation 'purple'"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert len(printed.err.strip().splitlines()) == 1


def test_ctrl_c_keeps_what_was_measured() -> None:
    with start("core.experiments", "dying_units", "--json", "--set", "steps=20000") as process:
        assert process.stdout is not None
        first = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate()
    assert process.returncode == 130
    assert all(json.loads(line) for line in [*first, *rest.splitlines()])
    assert errors.startswith("Stopped")
    assert len(errors.splitlines()) == 1


STATEMENT = ["run", "3a", "--set=gains=1", "--set=layers=30", "--set=width=16", "--set=seeds=9"]


def test_a_statement_ends_with_a_verdict_and_its_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(STATEMENT) == 0
    first, sentence, *claims = capsys.readouterr().out.splitlines()
    assert re.match(r"3a .*: depends  \(quick, ", first)
    assert sentence.strip() == STATEMENTS["sigmoid_gradients"].sentence
    assert re.match(r" +supported +-\d+\.\d \(-\d+\.\d to -\d+\.\d\) +gain 1,.*sigmoid", claims[0])
    assert re.match(r" +refuted .*gain 1,.*tanh", claims[1])


def test_a_ci_can_expect_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*STATEMENT, "--expect", "depends", "--json"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert records[0]["event"] == "statement_started"
    assert records[-1]["verdict"] == "depends"
    assert main([*STATEMENT, "--expect", "supported", "--expect", "refuted"]) == 1
    assert "sigmoid_gradients: depends" in capsys.readouterr().err


def test_results_become_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, page, text = (str(tmp_path / name) for name in ("kept.jsonl", "report.html", "report.md"))
    assert main([*STATEMENT, "--out", kept]) == 0
    assert main(["report", kept, "--out", page]) == 0
    assert main(["report", kept, "--out", text, "--against", kept]) == 0
    assert "1 of" in capsys.readouterr().out
    assert STATEMENTS["sigmoid_gradients"].title in Path(page).read_text()
    assert "No verdict changed" in Path(text).read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run"], "required: STATEMENT"),
        (["run", "purple"], "Unknown statement 'purple'; choose from"),
        (["run", "all", "--set", "gains=1"], "settings of one statement"),
        (["run", "3a", "--set", "colour=1"], "Unknown setting 'colour' of sigmoid_gradients"),
        (["run", "3a", "--set", "gains=99"], "gains of sigmoid_gradients 99.0 is not possible"),
        (["run", "3a", "--expect", "maybe"], "invalid choice: 'maybe'"),
        (["run", "3a", "--out", "/nowhere/at/all"], "cannot be written"),
        (["report", "/nowhere.jsonl", "--out", "x.html"], "cannot be read"),
        (["report", "--out", "x.pdf"], "must end in html, md, jsonl"),
        (["report", "--out", "x.html"], "No statement has been tested"),
    ],
)
def test_nonsense_about_statements_is_refused_in_one_sentence(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert len(printed.err.strip().splitlines()) == 1
