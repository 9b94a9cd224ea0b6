"""What version 0.1 stored and printed, made by its own code and never edited; it must all still be read."""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.activations.__main__ import main as activations
from core.experiments.__main__ import main as experiments
from core.runs.store import RunStore
from core.timing.__main__ import main as timing
from core.training.__main__ import main as training

HERE = Path(__file__).parent

COMMANDS = {
    "core.activations": activations,
    "core.experiments": experiments,
    "core.timing": timing,
    "core.training": training,
}


def stored(name: str) -> Any:
    """One of the JSON files beside this one."""
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def run(argv: list[str]) -> tuple[int, str]:
    """Exit code of a command line in this process, and what it printed; argv begins with the module."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            code = COMMANDS[argv[0]](argv[1:])
        except SystemExit as end:  # --help
            code = int(end.code or 0)
    return code, printed.getvalue()


def events_of(argv: list[str], exit_code: int = 0) -> list[dict[str, Any]]:
    """The JSON lines of a command line that must end with this exit code."""
    code, printed = run(argv)
    assert code == exit_code, argv
    return [json.loads(line) for line in printed.splitlines()]


@pytest.fixture
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder as version 0.1 left it."""
    with tarfile.open(HERE / "runs.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    monkeypatch.setenv("NABLASCOPE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def store(data_home: Path) -> Iterator[RunStore]:
    """The run store in it."""
    with contextlib.closing(RunStore(data_home / "runs.sqlite")) as opened:
        yield opened


Close = Callable[[float], Any]


def close(number: float) -> Any:
    """The same number, but for the last digits that another processor rounds differently."""
    return pytest.approx(number, rel=2e-4, abs=1e-6, nan_ok=True)
