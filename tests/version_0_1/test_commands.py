"""Every flag of version 0.1's command lines is still understood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.version_0_1.conftest import HERE, run, stored

LINES = stored("commands.json")
QUICK_S = 0.5  # of one line, when the examples were made
QUICK_LINKED_S = 1.0  # of one that reads or writes files; no other line reads what the longer ones write


def is_linked(line: dict[str, Any]) -> bool:
    """Whether a line reads or writes files, so that it needs those before it."""
    return "{tmp}" in " ".join(line["argv"])


def is_quick(line: dict[str, Any]) -> bool:
    """Whether a line is run by `make test`; `make slow` runs the others."""
    return line["seconds"] <= (QUICK_LINKED_S if is_linked(line) else QUICK_S)


def test_command_lines_are_understood_as_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert differences([line for line in LINES if is_quick(line)], tmp_path, capsys) == []


@pytest.mark.slow
def test_longer_command_lines_are_understood_as_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert differences([line for line in LINES if not is_quick(line)], tmp_path, capsys) == []


def differences(
    lines: list[dict[str, Any]], folder: Path, capsys: pytest.CaptureFixture[str]
) -> list[tuple[str, str]]:
    """Each line that ends or prints otherwise than before, and how."""
    found = []
    for line in lines:
        argv = [part.replace("{tmp}", str(folder)).replace("{fixtures}", str(HERE)) for part in line["argv"]]
        code, printed = run(argv)
        said = capsys.readouterr().err.strip()
        if code != line["exit_code"]:
            found.append((" ".join(line["argv"]), f"exit code {code}: {said}"))
        elif code == 2 and len(said.splitlines()) != 1:
            found.append((" ".join(line["argv"]), f"more than one sentence: {said}"))
        elif line.get("events") and not line.get("varies"):
            names = {json.loads(text).get("event", "(no event)") for text in printed.splitlines()}
            if len(names) != len(line["events"]):
                found.append((" ".join(line["argv"]), f"printed {names}"))
    return found
