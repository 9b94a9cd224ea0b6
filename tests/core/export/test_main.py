"""The command line exports a run, of a folder or of the run store."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.commands.exit_codes import BAD_REQUEST, OK
from core.export.archive import README
from core.export.registry import EXPORTS
from core.paths import VARIABLE
from core.records import to_record
from core.runs.store import RunStore
from core.training.__main__ import main
from core.training.config import default_config


def test_a_folder_is_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = tmp_path / "run", tmp_path / "out"
    train = ["mlp", "--data", "moons", "--epochs", "1", "--samples", "100", "--out", str(run)]
    assert main(train) == OK
    capsys.readouterr()
    assert main(["export", str(run), "--out", str(out)]) == OK
    printed = capsys.readouterr().out.splitlines()
    assert printed == [str(out / name) for name in (README, *EXPORTS)]
    assert all(Path(path).stat().st_size for path in printed)


def test_a_run_of_the_store_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    store = RunStore(tmp_path / "runs.sqlite")
    run_id = store.create("training", to_record(default_config("mlp", "moons")))
    store.close()
    assert main(["export", f"{run_id}", "--out", str(tmp_path / "out")]) == OK
    text = (tmp_path / "out" / README).read_text()
    assert "metrics.csv: not here, as the run ended before its first epoch was complete." in text


def test_an_unknown_run_is_reported_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert main(["export", "nowhere", "--out", str(tmp_path / "out")]) == BAD_REQUEST
    assert "no training with the address 'nowhere'" in capsys.readouterr().err
    assert main(["export", "nowhere"]) == BAD_REQUEST
    assert "--out" in capsys.readouterr().err
