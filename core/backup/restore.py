"""A data folder from a backup: checked as a whole before anything that is there is touched."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from core.backup import manifest as contents
from core.backup.database import is_in_use
from core.backup.manifest import DATABASE, MANIFEST, SINGLE_FILES, Manifest
from core.errors import InvalidRequest
from core.events import Progress
from core.runs.operating import ENDED_IN_PAUSE, WORKER_LOST
from core.runs.status import INTERRUPTED, PAUSED, QUEUED, RUNNING

MIB = 2**20
SPARE_BYTES = 16 * MIB
REPLACED = "replaced-"  # and the time: what was there before, in the data folder itself
_OF_A_FILE_SYSTEM = ("lost+found",)


def restore(backup: Path, home: Path, replace: bool = False) -> Iterator[Progress | Manifest]:
    """Fill the data folder `home` from a backup; the manifest comes last.

    replace: what is there moves aside, into a folder of its own. Raises InvalidRequest for what is no whole
    backup, for a data folder that is not empty, and while a program has its store open.
    """
    manifest = contents.read(backup)
    held = occupied(home)
    if held and not replace:
        raise InvalidRequest(
            f"The data folder {str(home)!r} is not empty; --replace moves what is there aside, or let "
            "NABLASCOPE_HOME name another one."
        )
    if is_in_use(home / DATABASE):
        raise InvalidRequest(
            f"A server or another program uses the data folder {str(home)!r}; stop it before."
        )
    draft = home / f".restoring{os.getpid()}"
    try:
        draft.mkdir(parents=True)
        yield from _copy(backup, draft, manifest)
        _check_database(draft / DATABASE)
        _end_open_runs(draft / DATABASE)
        if is_in_use(home / DATABASE):  # while it was copied
            raise InvalidRequest(f"A program has begun to use the data folder {str(home)!r}; stop it before.")
        _move_aside(home, held)
        for path in sorted(draft.iterdir(), key=lambda path: path.name == DATABASE):  # the database last
            path.rename(home / path.name)
    except OSError as error:
        raise InvalidRequest(
            f"The data folder {str(home)!r} cannot be written: {error.strerror or error}."
        ) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    yield manifest


def occupied(home: Path) -> list[Path]:
    """What lies in a data folder, but for what earlier restores moved aside."""
    if not home.exists():
        return []
    return [
        path
        for path in home.iterdir()
        if not path.name.startswith((REPLACED, ".restoring")) and path.name not in _OF_A_FILE_SYSTEM
    ]


def _copy(backup: Path, draft: Path, manifest: Manifest) -> Iterator[Progress]:
    free, done = shutil.disk_usage(draft).free, 0
    if free < manifest.bytes + SPARE_BYTES:
        raise InvalidRequest(
            f"The backup has {manifest.bytes // MIB + 1:,} MiB; {free // MIB:,} MiB are free in "
            f"{str(draft.parent)!r}."
        )
    for name, file in manifest.files.items():
        try:
            found = contents.copy(backup / name, draft / name, lambda _count: None)
        except FileNotFoundError:
            raise InvalidRequest(f"The backup {str(backup)!r} lacks its file {name!r}.") from None
        if found != file:
            raise InvalidRequest(
                f"The file {name!r} of the backup is damaged: its size or its SHA-256 sum is not that of "
                f"{MANIFEST}. Nothing was changed."
            )
        if name in SINGLE_FILES:
            (draft / name).chmod(0o600)
        done += file.bytes
        yield Progress(done / MIB, manifest.bytes / MIB, "MiB")


def _check_database(file: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(file)) as database:
            found = database.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise InvalidRequest(f"The database of the backup is damaged: {found[:100]}. Nothing was changed.")


def _end_open_runs(file: Path) -> None:
    """What was at work has no worker here; as after the end of a server it resumes from its checkpoint."""
    work = "UPDATE runs SET worked_s = worked_s + coalesce(seen_at - claimed_at, 0) WHERE worker IS NOT NULL"
    end = (
        "UPDATE runs SET status = ?, message = CASE status WHEN ? THEN ? ELSE ? END, ended_at = ?, "
        "worker = NULL, claimed_at = NULL, address = NULL WHERE worker IS NOT NULL AND status IN (?, ?, ?)"
    )
    reasons = (INTERRUPTED, PAUSED, ENDED_IN_PAUSE, WORKER_LOST, time.time())
    open_ones = (RUNNING, PAUSED, QUEUED)
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.execute(f"{work} AND status IN (?, ?, ?)", open_ones)
        database.execute(end, (*reasons, *open_ones))


def _move_aside(home: Path, held: list[Path]) -> None:
    """Within the data folder, which may be a volume of its own; its file of runs first."""
    if not held:
        return
    aside = home / f"{REPLACED}{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}"
    aside.mkdir()
    for path in sorted(held, key=lambda path: not path.name.startswith(DATABASE)):
        with contextlib.suppress(FileNotFoundError):  # a log that SQLite has just removed
            path.rename(aside / path.name)
