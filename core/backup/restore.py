"""A data folder from a backup: checked as a whole before anything that is there is touched."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from core.backup import manifest as contents
from core.backup.database import Source, file_in
from core.backup.manifest import DATABASE, DUMP, FOLDERS, MANIFEST, SINGLE_FILES, Manifest
from core.errors import InvalidRequest
from core.events import Progress
from core.operator_settings import variable

MIB = 2**20
SPARE_BYTES = 16 * MIB
REPLACED = "replaced-"  # and the time: what was there before, in the data folder itself
_OF_A_FILE_SYSTEM = ("lost+found",)


def restore(
    backup: Path, home: Path, replace: bool = False, database: Source | None = None
) -> Iterator[Progress | Manifest]:
    """Fill the data folder `home`, and the database, from a backup; the manifest comes last.

    replace: what is there moves aside, into a folder of its own, tables into a schema of its own. database:
    where the runs are, if not in a file of that folder. Raises InvalidRequest for what is no whole
    backup, for a data folder that is not empty, and while a program has its store open.
    """
    manifest, database = contents.read(backup), database or file_in(home)
    _check_kind(manifest, database)
    held = occupied(home)
    if held and not replace:
        raise InvalidRequest(
            f"The data folder {str(home)!r} is not empty; --replace moves what is there aside, or let "
            "NABLASCOPE_HOME name another one."
        )
    if database.holds() and not replace:
        raise InvalidRequest(
            f"The database of {variable('database_url')} has runs; --replace moves its tables aside, or let "
            f"{variable('database_url')} name another one."
        )
    database.check_unused()
    draft = home / f".restoring{os.getpid()}"
    try:
        draft.mkdir(parents=True)
        yield from _copy(backup, draft, manifest)
        copy, aside = draft / database.name, f"{REPLACED}{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}"
        database.prepare(copy)
        database.check_unused()  # begun while it was copied
        database.fill(copy, aside)
        _move_aside(home, held, aside)
        here = [path for path in draft.iterdir() if path.name in (*FOLDERS, *SINGLE_FILES, DATABASE)]
        for path in sorted(here, key=lambda path: path.name == DATABASE):  # the database last
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


def _check_kind(manifest: Manifest, database: Source) -> None:
    """Raise InvalidRequest where the backup is of another kind of database, or of a newer server."""
    if manifest.database != database.name:
        kinds = {DATABASE: "an SQLite file", DUMP: "a PostgreSQL database"}
        instead = "must name one" if manifest.database == DUMP else "must not be set"
        raise InvalidRequest(
            f"This is the backup of {kinds[manifest.database]}, and this server keeps its runs in "
            f"{kinds[database.name]}: {variable('database_url')} {instead}."
        )
    if manifest.server_version > database.version:
        raise InvalidRequest(
            f"This backup is of a server of PostgreSQL {manifest.server_version}, and the one of "
            f"{variable('database_url')} is of {database.version}; it must be of the same version or newer."
        )


def _move_aside(home: Path, held: list[Path], name: str) -> None:
    """Within the data folder, which may be a volume of its own; its file of runs first."""
    if not held:
        return
    aside = home / name
    aside.mkdir()
    for path in sorted(held, key=lambda path: not path.name.startswith(DATABASE)):
        with contextlib.suppress(FileNotFoundError):  # a log that SQLite has just removed
            path.rename(aside / path.name)
