"""From words to an exit code."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.commands.command_line import run_command
from core.errors import InvalidRequest


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
