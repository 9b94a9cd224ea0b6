"""Experiments on the command line."""

from __future__ import annotations

import json
import re
import signal

import pytest

from core.experiments.__main__ import main
from core.experiments.registry import EXPERIMENTS
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
