"""From words to an exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from core.commands.command_line import run_command
from core.errors import InvalidRequest
from tests.core.commands.processes import ROOT


def test_words_reach_the_command_and_its_exit_code_comes_back() -> None:
    assert run_command(len, ["a", "b"]) == 2


def test_an_impossible_request_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(words: Sequence[str]) -> int:
        raise InvalidRequest(f"{words[0]} is not\x1b[2J possible\n.")

    assert run_command(refuse, ["gemm"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "gemm is not\\x1b[2J possible\\n.\n"


def test_ctrl_c_is_exit_code_130(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_words: Sequence[str]) -> int:
        raise KeyboardInterrupt

    assert run_command(interrupted, []) == 130
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_fault_of_the_program_is_not_hidden() -> None:
    def broken(_words: Sequence[str]) -> int:
        raise ValueError("a fault")

    with pytest.raises(ValueError, match="a fault"):
        run_command(broken, [])


PRINTS = (
    "import sys; from core.commands.command_line import run_command; "
    "sys.exit(run_command(lambda words: {}, None))"
)


def test_signs_that_the_output_cannot_hold_are_written_as_json_writes_them() -> None:
    program = PRINTS.format('print(\'{"µ": "−1 → 矩阵 😀"}\') or 0')
    for encoding in ("ascii", "cp1252", "cp437", "utf-8"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.decode(encoding)) == {"µ": "−1 → 矩阵 😀"}


@pytest.mark.parametrize("closed", ["BrokenPipeError()", "OSError(errno.EINVAL, 'Invalid argument')"])
def test_a_reader_that_leaves_ends_the_command_quietly_where_no_signal_says_so(closed: str) -> None:
    program = (
        "import errno, sys\n"
        "from types import SimpleNamespace\n"
        "from core.commands import command_line\n"
        "command_line.sys = SimpleNamespace(platform='win32', argv=sys.argv, stdout=sys.stdout, "
        "stderr=sys.stderr)\n"
        "def leaves(words):\n"
        f"    raise {closed}\n"
        "sys.exit(command_line.run_command(leaves, []))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
