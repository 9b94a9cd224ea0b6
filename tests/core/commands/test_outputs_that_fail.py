"""Outputs of any encoding, full disks, folders that cannot be written: a sentence, never a traceback."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.commands.command_line import run_command
from core.commands.main import COMMANDS, main
from core.paths import VARIABLE
from tests.core.commands.processes import ROOT

ENCODINGS = ("ascii", "latin-1", "cp1252", "cp437", "gbk", "utf-8", "utf-16")


class Output(io.TextIOWrapper):
    """A stream of an encoding, as Python makes stdout one."""

    def __init__(self, encoding: str) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding)

    def text(self) -> str:
        self.flush()
        return self.bytes.getvalue().decode(self.encoding)


@pytest.fixture(autouse=True)
def _broken_pipes_as_before() -> Iterator[None]:
    """A command lets a broken pipe end its process; the tests that follow in this one must not end so."""
    before = signal.getsignal(signal.SIGPIPE)
    yield
    signal.signal(signal.SIGPIPE, before)


def written(monkeypatch: pytest.MonkeyPatch, encoding: str, *words: str) -> str:
    out, err = Output(encoding), Output(encoding)
    with monkeypatch.context() as here:
        here.setattr(sys, "stdout", out)
        here.setattr(sys, "stderr", err)
        here.setattr(sys, "argv", ["nablascope", *words])
        with contextlib.suppress(SystemExit):  # of --help
            assert main(None) in (0, 2)
        return out.text() + err.text()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_help_and_list_is_written_in_any_encoding(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    for command in COMMANDS:
        assert written(monkeypatch, encoding, command, "--help")
    for words in (["activations", "list"], ["training", "list"], ["activations", "show", "gelu"], ["a×σ"]):
        assert written(monkeypatch, encoding, *words)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_stays_whole_in_any_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    shown = json.loads(written(monkeypatch, encoding, "activations", "show", "gelu", "--json"))
    assert shown["note_zh"] == ACTIVATIONS["gelu"].note_zh


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=30), st.sampled_from(ENCODINGS))
def test_no_text_raises_in_any_encoding(text: str, encoding: str) -> None:
    def show(_words: Sequence[str]) -> int:
        print(text)
        return 0

    out = Output(encoding)
    with pytest.MonkeyPatch.context() as here:
        here.setattr(sys, "stdout", out)
        here.setattr(sys, "argv", ["nablascope"])
        assert run_command(show, None) == 0
    assert out.text().endswith("\n")


def process(*words: str, out: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    with open(out, "w") as stream:
        return subprocess.run(
            [sys.executable, "-m", "core.commands", *words],
            cwd=ROOT,
            stdout=stream,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, **environment},
        )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [["activations", "list"], ["--help"]])
def test_a_full_disk_is_one_sentence_and_a_failing_exit_code(words: list[str]) -> None:
    ended = process(*words, out="/dev/full")
    assert ended.returncode == 2
    assert ended.stderr == "The output cannot be written: No space left on device.\n"


def test_a_data_folder_that_cannot_be_made_is_one_sentence_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in its place")
    for folder, why in ((tmp_path / "file", "File exists"), (tmp_path / "file" / "under", "Not a directory")):
        monkeypatch.setenv(VARIABLE, str(folder))
        assert main(["training", "export", "run", "--out", str(tmp_path / "out")]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"The data folder {str(folder)!r} cannot be written: {why}.")
        assert said.count("\n") == 1


def test_what_needs_no_store_works_without_a_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in its place")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    assert main(["activations", "show", "relu"]) == 0
    assert main(["training", "mlp", "--data", "iris", "--epochs", "1", "--set", "engine=eager"]) == 0
    assert "cannot be written" not in capsys.readouterr().err
