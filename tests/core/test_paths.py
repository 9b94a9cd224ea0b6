"""Cached arrays: parsed once, never trusted when broken, never half written."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import platformdirs
import pytest
from platformdirs.macos import MacOS

from core import paths
from core.paths import VARIABLE, cached, data_folder, delete_file, replace_file


class Parser:
    """Counts how often it was asked to parse."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> tuple[np.ndarray, np.ndarray]:
        self.calls += 1
        return np.arange(1000), np.linspace(0, 1, 7)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def fetch(parse: Parser) -> None:
    whole, parts = cached("numbers", ("whole", "parts"), parse)
    np.testing.assert_array_equal(whole, np.arange(1000))
    np.testing.assert_array_equal(parts, np.linspace(0, 1, 7))


def test_second_call_reads_the_file(home: Path) -> None:
    parse = Parser()
    fetch(parse)
    fetch(parse)
    assert parse.calls == 1
    assert [file.name for file in (home / "cache").iterdir()] == ["numbers.npz"]


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "flipped", "other_keys", "folder"])
def test_broken_file_is_made_anew(home: Path, damage: str) -> None:
    parse = Parser()
    fetch(parse)
    file = home / "cache" / "numbers.npz"
    whole = file.read_bytes()
    if damage == "other_keys":
        np.savez(file, something=np.zeros(3))
    elif damage == "folder":
        file.unlink()
        file.mkdir()
    else:
        middle = len(whole) // 2
        file.write_bytes(
            {
                "empty": b"",
                "text": b"not an archive",
                "cut": whole[:middle],
                "flipped": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
            }[damage]
        )
    fetch(parse)
    assert parse.calls == 2
    if damage != "folder":
        fetch(parse)
        assert parse.calls == 2


def test_works_where_nothing_can_be_written(home: Path) -> None:
    (home / "cache").write_text("a file where the folder should be")
    parse = Parser()
    fetch(parse)
    fetch(parse)
    assert parse.calls == 2


def test_a_file_that_another_program_has_open_is_replaced_once_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, file = tmp_path / "draft", tmp_path / "file"
    draft.write_text("new")
    file.write_text("old")
    refusals = iter([PermissionError(13, "used by another process")] * 3)
    replace = os.replace

    def of_windows(source: Path, target: Path) -> None:
        for refusal in refusals:
            raise refusal
        replace(source, target)

    monkeypatch.setattr(os, "replace", of_windows)
    monkeypatch.setattr(paths, "REPLACE_PAUSE_S", 0.0)
    replace_file(draft, file)
    assert file.read_text() == "new"
    refusals = iter([PermissionError(13, "used by another process")] * 99)
    draft.write_text("newer")
    with pytest.raises(PermissionError):
        replace_file(draft, file)
    assert file.read_text() == "new"


def test_a_file_that_may_not_be_deleted_now_is_left_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("read by somebody")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "used by another process")

    with monkeypatch.context() as windows:
        windows.setattr(Path, "unlink", refuse)
        assert not delete_file(file)
    assert file.exists()
    assert delete_file(file)
    assert delete_file(file)  # it is gone already


@pytest.mark.parametrize("shared", [None, "shared"])
def test_on_linux_data_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: str | None
) -> None:
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("HOME", str(tmp_path))
    if shared:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / shared))
    else:
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert data_folder() == tmp_path / (shared or ".local/share") / "nablascope"
    monkeypatch.setenv(VARIABLE, "~/chosen")
    assert data_folder() == tmp_path / "chosen"


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_elsewhere_it_is_the_systems_own_place_but_earlier_runs_are_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.delenv(VARIABLE)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(paths, "sys", SimpleNamespace(platform=system))
    own = MacOS("nablascope", appauthor=False).user_data_path
    assert own == tmp_path / "Library" / "Application Support" / "nablascope"
    if system == "win32":
        own = tmp_path / "AppData" / "Local" / "nablascope"  # the real one asks Windows itself
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name, appauthor: own)
    earlier = tmp_path / ".local" / "share" / "nablascope"
    earlier.mkdir(parents=True)
    assert data_folder() == earlier
    earlier.rmdir()
    assert data_folder() == own
    earlier.mkdir()
    assert data_folder() == own
