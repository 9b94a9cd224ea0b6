"""The load test itself still speaks the server's language: ten people for ten seconds."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-load" / "bin" / "python"


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON.exists(), reason="`make slow` and `make load` install Locust for it")
def test_everybody_gets_what_they_ask_for(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    command = [PYTHON, "-m", "tests.load", "--sessions", "10", "--jobs", "2", "--seconds", "10"]
    said = subprocess.run([*command, "--json", file], cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert "10 sessions (watcher, slider, starter)" in said.stdout, said.stderr
    found = json.loads(file.read_text())
    assert [timing for timing in found["timings"] if timing["error"]] == []
    done = {(timing["kind"], timing["what"]) for timing in found["timings"]}
    assert done >= {("watcher", what) for what in ("visit", "film", "ask", "redraw")}
    assert done >= {("slider", "move"), ("starter", "start"), ("starter", "trained")}
    assert found["ages_s"]  # both films were followed
