"""The `nablascope` command: one help text over all commands, which themselves are as in the rooms."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from core.commands.main import COMMANDS, main
from core.experiments.__main__ import main as experiments
from tests.core.commands.processes import ROOT

# Lines that need no framework, all run in one process, in this order.
CHEAP = [
    "--help",
    "run --help",
    "monitor --help",
    "monitor --count 0",
    "timing --help",
    *(f"timing {name} --help" for name in ("list", "run", "suite", "roofline", "speedup", "compare")),
    *(f"timing {name} --help" for name in ("gate", "report", "gemm")),
    "timing list",
    "timing list --json",
    "timing suite quickest",
    "training --help",
    "training export --help",
    "training list",
    "training mlp --epochs 0",
    "activations --help",
    *(f"activations {name} --help" for name in ("list", "show", "curve", "depth", "cost")),
    "activations list",
    "experiments --help",
    "experiments list",
]
HEAVY = ("torch", "numpy", "pandas", "scipy", "sklearn", "streamlit", "altair", "sqlalchemy")
_MEASURE = f"""
import contextlib, io, json, sys
from core.commands.main import main
found = {{}}
for line in json.loads(sys.argv[1]):
    before = set(sys.modules)
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        with contextlib.suppress(SystemExit):
            main(line.split())
    found[line] = [len(out.getvalue()), [m for m in {HEAVY!r} if m in sys.modules and m not in before]]
print(json.dumps(found))
"""


def test_help_names_every_command_and_what_exit_codes_say(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    printed = capsys.readouterr().out
    assert all(f"\n    {name}" in printed for name in COMMANDS)
    assert "130" in printed


@pytest.mark.parametrize("words", [[], ["trainning"], ["--frobnicate", "run"]])
def test_what_is_no_command_is_refused_in_one_sentence(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert all(word in err for word in words[:1])


def test_a_command_is_the_same_under_both_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiments", "list"]) == 0
    printed = capsys.readouterr().out
    assert experiments(["list"]) == 0
    assert capsys.readouterr().out == printed


def test_help_says_by_which_name_the_command_was_called(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["timing", "run", "--help"])
    assert capsys.readouterr().out.startswith("usage: nablascope timing run ")


@pytest.fixture(scope="module")
def imports() -> dict[str, tuple[int, list[str]]]:
    """For each cheap line, how much it printed and which heavy packages it was the first to import."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, json.dumps(CHEAP)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("line", CHEAP)
def test_help_lists_and_bad_input_need_no_framework(
    line: str, imports: dict[str, tuple[int, list[str]]]
) -> None:
    printed, heavy = imports[line]
    assert printed
    assert heavy == []
