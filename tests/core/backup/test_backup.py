"""A backup is whole and of one moment, whatever is written meanwhile; a restore changes all or nothing."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.backup.backup import make_backup
from core.backup.manifest import DATABASE, MANIFEST, Manifest
from core.backup.restore import REPLACED, restore
from core.commands.main import main
from core.errors import InvalidRequest
from core.events import Progress
from core.paths import VARIABLE
from core.records import to_record
from core.runs.operating import left_by_a_restart
from core.runs.runners.local import LocalRunner
from core.runs.status import FINISHED, INTERRUPTED
from core.runs.store import RunStore
from core.training.config import default_config
from tests.core.runs.runners.test_local import losses, run_of
from tests.waiting import wait_until

TABLE = "a" * 64


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a run that has ended, one at work, a table and a cookie's secret."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv(VARIABLE, str(home))
    with contextlib.closing(RunStore(home / DATABASE)) as store:
        for name in ("ended", "at work"):
            run_id = store.create("training", {"name": name})
            store.claim("worker", 2)
            store.write(run_id, [(number, 0.0, {"event": "x", "n": number}) for number in range(1, 2000)])
            checkpoint(store, run_id, 1999)
            if name == "ended":
                store.end(run_id, FINISHED)
        checkpoint(store, "of a run that is gone", 1)
    (home / "tables").mkdir()
    (home / "tables" / f"{TABLE}.csv").write_text("a,b\n1,2\n")
    (home / "cookie_secret").write_text("a secret of a server")
    (home / "cache").mkdir()
    (home / "cache" / "digits.npz").write_bytes(b"is made anew")
    return home


def checkpoint(store: RunStore, run_id: str, sequence: int) -> None:
    """Plain text, since a backup does not look into it."""
    store.checkpoints.mkdir(exist_ok=True)
    beside = store.checkpoints / f".{run_id}"
    beside.write_text(str(sequence))
    beside.replace(store.checkpoint_file(run_id))


def made(steps: Iterator[Progress | Manifest]) -> Manifest:
    *_, last = steps
    assert isinstance(last, Manifest)
    return last


def rows(database: Path) -> list[list[tuple[object, ...]]]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        queries = ("SELECT * FROM runs ORDER BY id", "SELECT * FROM events ORDER BY run_id, sequence")
        return [connection.execute(query).fetchall() for query in queries]


def test_what_is_restored_is_what_was_there(home: Path, tmp_path: Path) -> None:
    manifest = made(make_backup(home, tmp_path / "backup"))
    assert manifest.counts["runs"] == 2
    assert manifest.counts["events"] == 2 * 1999
    assert set(manifest.files) == {
        DATABASE,
        "cookie_secret",
        f"tables/{TABLE}.csv",
        *(f"checkpoints/{path.name}" for path in (home / "checkpoints").iterdir() if "gone" not in path.name),
    }
    again = tmp_path / "again"
    made(restore(tmp_path / "backup", again))
    assert rows(tmp_path / "backup" / DATABASE) == rows(home / DATABASE)
    assert rows(again / DATABASE)[1] == rows(home / DATABASE)[1]
    for name in manifest.files:
        if name != DATABASE:
            assert (again / name).read_bytes() == (home / name).read_bytes()
            assert (again / name).stat().st_mtime_ns == (home / name).stat().st_mtime_ns
    assert (again / "cookie_secret").stat().st_mode & 0o077 == 0 or os.name == "nt"
    with contextlib.closing(RunStore(again / DATABASE)) as store:
        (ended,) = store.all_with_status(FINISHED)
        (interrupted,) = store.all_with_status(INTERRUPTED)
        assert store.can_resume(ended.id)
        assert left_by_a_restart(store) == [interrupted.id], "what was at work does not resume"


def test_it_is_of_one_moment_while_others_write_and_no_checkpoint_is_ahead_of_its_events(
    home: Path, tmp_path: Path
) -> None:
    over = threading.Event()
    with contextlib.closing(RunStore(home / DATABASE)) as store:
        (run,) = store.all_with_status("running")

        def go_on() -> None:
            sequence = 2000
            while not over.is_set():
                store.write(run.id, [(sequence, 0.0, {"event": "x", "n": sequence, "text": "x" * 2000})])
                checkpoint(store, run.id, sequence)
                sequence += 1

        writer = threading.Thread(target=go_on)
        writer.start()
        try:
            for number in range(3):
                made(make_backup(home, tmp_path / f"backup{number}"))
        finally:
            over.set()
            writer.join()
    for number in range(3):
        folder = tmp_path / f"backup{number}"
        events = [row for row in rows(folder / DATABASE)[1] if row[0] == run.id]
        assert [row[1] for row in events] == [*range(1, len(events) + 1)]
        assert int((folder / "checkpoints" / f"{run.id}.pt").read_text()) <= len(events)


@pytest.mark.parametrize(
    "harm", ["changed", "shorter", "missing", "no manifest", "elsewhere", "newer", "junk"]
)
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_changed(
    home: Path, tmp_path: Path, harm: str
) -> None:
    backup = tmp_path / "backup"
    made(make_backup(home, backup))
    file, listed = backup / f"tables/{TABLE}.csv", json.loads((backup / MANIFEST).read_text())
    if harm == "changed":
        file.write_text("a,b\n1,3\n")
    elif harm == "shorter":
        file.write_text("a,b\n")
    elif harm == "missing":
        file.unlink()
    elif harm == "no manifest":
        (backup / MANIFEST).unlink()
    elif harm == "elsewhere":
        listed["files"]["../stolen"] = listed["files"][DATABASE]
    elif harm == "newer":
        listed["format"] = 99
    if harm in ("elsewhere", "newer"):
        (backup / MANIFEST).write_text(json.dumps(listed))
    if harm == "junk":
        (backup / MANIFEST).write_text("[1]")
    before = sorted(path.relative_to(home) for path in home.rglob("*"))
    with pytest.raises(InvalidRequest, match=r"backup"):
        made(restore(backup, home, replace=True))
    assert sorted(path.relative_to(home) for path in home.rglob("*")) == before


def test_a_data_folder_in_use_or_not_empty_is_refused(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = str(tmp_path / "backup")
    assert main(["backup", backup]) == 0
    assert "2 runs, 3,998 events, 2 checkpoints, 1 tables, 0 images" in capsys.readouterr().out
    assert main(["backup", backup]) == 2
    assert "is not an empty folder; choose a new one" in capsys.readouterr().err
    assert main(["backup", str(home / "inside")]) == 2
    assert "lies in the data folder" in capsys.readouterr().err
    assert main(["runs", "restore", backup]) == 2
    assert "is not empty; --replace moves what is there aside" in capsys.readouterr().err
    with contextlib.closing(RunStore(home / DATABASE)) as store:
        assert len(store.all_with_status("running")) == 1  # and the connection stays open
        assert main(["restore", "--replace", backup]) == 2
    assert "uses the data folder" in capsys.readouterr().err
    before = rows(home / DATABASE)[1]
    assert main(["restore", "--replace", backup]) == 0
    assert f"What was there before is now in {home}/{REPLACED}*" in capsys.readouterr().out
    assert rows(home / DATABASE)[1] == before
    (aside,) = home.glob(f"{REPLACED}*")
    assert rows(aside / DATABASE)[1] == before
    assert (aside / "cache" / "digits.npz").exists()
    assert main(["restore", str(tmp_path / "nowhere")]) == 2
    assert "There is no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        (
            "DATABASE_URL",
            "postgresql://lab@127.0.0.1:1/runs",
            "'runs' at 127.0.0.1 cannot be used: it does not",
        ),
        (
            "FILES",
            "elsewhere",
            "NABLASCOPE_FILES is set and NABLASCOPE_DATABASE_URL is not: use a copy of both",
        ),
    ],
)
def test_what_lies_elsewhere_is_not_backed_up_by_half(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    setting: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backup").mkdir()
    monkeypatch.setenv(f"NABLASCOPE_{setting}", value)
    for command in ("backup", "restore"):
        assert main([command, str(tmp_path / "backup")]) == 2
        assert said in capsys.readouterr().err
    assert not [*(tmp_path / "backup").iterdir()]


def test_where_there_is_nothing_or_no_space_it_says_so(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidRequest, match="has no runs to back up"):
        made(make_backup(tmp_path / "empty", tmp_path / "backup"))
    monkeypatch.setattr("core.backup.backup.SPARE_BYTES", 2**60)
    with pytest.raises(InvalidRequest, match=r"needs about \d+ MiB; [\d,]+ MiB are free"):
        made(make_backup(home, tmp_path / "backup"))
    assert not [path for path in tmp_path.iterdir() if "backup" in path.name], "a half backup was left"


@pytest.mark.slow
def test_a_training_that_was_at_work_resumes_from_its_backup_with_the_same_numbers(tmp_path: Path) -> None:
    config = to_record(default_config("mlp", "moons", epochs=300, engine="eager", snapshots=()))
    (tmp_path / "home").mkdir()
    first = LocalRunner(tmp_path / "home" / DATABASE, limit=1)
    try:
        run_id = first.submit("training", config)
        wait_until(lambda: first.store.can_resume(run_id))
        made(make_backup(tmp_path / "home", tmp_path / "backup"))
        assert not run_of(first.store, run_id).ended
        made(restore(tmp_path / "backup", tmp_path / "again"))
        wait_until(lambda: run_of(first.store, run_id).ended)
        unharmed = losses(first.store, run_id)
    finally:
        first.close()
    second = LocalRunner(tmp_path / "again" / DATABASE, limit=1)
    try:
        assert second.resume_what_a_restart_left() == [run_id]
        wait_until(lambda: run_of(second.store, run_id).ended)
        assert run_of(second.store, run_id).status == FINISHED
        assert losses(second.store, run_id) == unharmed
    finally:
        second.close()
