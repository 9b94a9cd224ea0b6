"""Experiments on the command line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.experiments.__main__ import main
from core.experiments.registry import EXPERIMENTS

ROOT = Path(__file__).resolve().parents[3]
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


def test_commas_within_an_expression_do_not_part_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dying_units", *SMALL, "--set", "activations=relu,max(x, 0.1 * x)", "--json"]) == 0
    started = json.loads(capsys.readouterr().out.splitlines()[0])
    assert started["activations"] == ["relu", "max(x, 0.1 * x)"]


def test_list_names_every_setting_with_its_usual_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in EXPERIMENTS)
    assert "hidden=16,16" in told
    assert main(["list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"]["seeds"] == 8


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
def test_nonsense_is_told_in_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert len(printed.err.strip().splitlines()) == 1


def test_interrupted_it_keeps_what_was_measured() -> None:
    command = [sys.executable, "-m", "core.experiments", "dying_units", "--json", "--set", "steps=20000"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy()
    ) as running:
        assert running.stdout is not None
        first = [running.stdout.readline() for _ in range(3)]
        running.send_signal(signal.SIGINT)
        rest, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert all(json.loads(line) for line in [*first, *rest.splitlines()])
    assert said.strip() == "Stopped; what was measured until then is above."


def test_help_needs_no_torch() -> None:
    program = (
        "import contextlib, io, runpy, sys\n"
        "sys.argv = ['experiments', '--help']\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    runpy.run_module('core.experiments', run_name='__main__')\n"
        "assert not {'torch', 'sklearn', 'pandas'} & {*sys.modules}\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)
