"""Cached arrays: parsed once, never trusted when broken, never half written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.paths import VARIABLE, cached


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
