"""A Python that is found is of the version that was asked for, and runs; one that is not here is None."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.matrix.__main__ import ENTRIES
from tests.matrix.interpreters import interpreter


@pytest.mark.parametrize("version", sorted({entry.python for entry in ENTRIES.values()}))
def test_what_is_found_is_of_that_version(version: str) -> None:
    if found := interpreter(version):
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        assert said.startswith(f"Python {version}.")


def test_a_version_that_nobody_has_is_none() -> None:
    assert interpreter("2.0") is None


def test_a_program_that_only_has_the_name_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shims of pyenv are there for versions that are not."""
    shim = tmp_path / "python9.9"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert interpreter("9.9") is None
