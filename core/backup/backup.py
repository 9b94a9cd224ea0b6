"""Making a backup: database, checkpoints and added files of one moment, while trainings run.

A checkpoint must not be newer than the events in the database, or a run that resumes from it would have a
gap. So checkpoints are copied first; after the database those of ended runs once more, whose files change no
longer.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from core.backup import manifest as contents
from core.backup.database import Source, file_in
from core.backup.manifest import CHECKPOINTS, DATABASES, SINGLE_FILES, Manifest, StoredFile
from core.data.user.added_files import KINDS
from core.errors import InvalidRequest
from core.events import Progress
from core.runs.upgrades import VERSION

MIB = 2**20
SPARE_BYTES = 16 * MIB


def make_backup(home: Path, target: Path, database: Source | None = None) -> Iterator[Progress | Manifest]:
    """Copy the data folder `home` into the new folder `target`; the manifest comes last.

    database: where the runs are, if not in a file of that folder. Raises InvalidRequest where `target` is not
    empty or cannot be written, and StoreUnavailable.
    """
    home, target = home.absolute(), target.absolute()
    database = database or file_in(home)
    database.check_has_runs()
    if target == home or home in target.parents:
        raise InvalidRequest(f"{str(target)!r} lies in the data folder; choose a folder outside of it.")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InvalidRequest(f"{str(target)!r} is not an empty folder; choose a new one for each backup.")
    draft = target.with_name(f".{target.name}.part{os.getpid()}")
    try:
        draft.mkdir(parents=True)
        yield from _fill(home, draft, database)
        if target.exists():
            target.rmdir()
        draft.rename(target)
    except OSError as error:
        raise InvalidRequest(
            f"The backup {str(target)!r} cannot be written: {error.strerror or error}."
        ) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _fill(home: Path, draft: Path, database: Source) -> Iterator[Progress | Manifest]:
    meter = _Meter(_total(home) + database.size_bytes(), draft)
    files: dict[str, StoredFile] = {}
    first = _checkpoints(home)
    for run_id in first:
        _copy(home, draft, f"{CHECKPOINTS}/{run_id}.pt", files, meter)
        yield meter.progress()
    moment = database.copy(draft / database.name, meter.add)
    yield meter.progress()
    for run_id in set(first) - moment.whole:
        _drop(draft, f"{CHECKPOINTS}/{run_id}.pt", files)
    now = _checkpoints(home)
    for run_id, ended_at in moment.ended.items():
        if run_id in now and now[run_id] != first.get(run_id):
            still_ended = partial(_ended_at, database, run_id, ended_at)
            _copy_of_ended(home, draft, run_id, still_ended, files, meter)
            yield meter.progress()
    for kind in KINDS:
        for path in sorted((home / kind.folder).glob(f"*{kind.suffix}")):
            _copy(home, draft, f"{kind.folder}/{path.name}", files, meter)
            yield meter.progress()
    for name in SINGLE_FILES:
        _copy(home, draft, name, files, meter)
        if name in files:
            (draft / name).chmod(0o600)
    files[database.name] = contents.measured(draft / database.name)
    counts = {**moment.counts, **{folder: _in(folder, files) for folder in contents.FOLDERS}}
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = Manifest(DATABASES[database.name], VERSION, made_at, counts, files, database.version)
    contents.write(draft, manifest)
    yield manifest


class _Meter:
    """How far the copy is; what was estimated at first grows with what is found."""

    def __init__(self, total: int, draft: Path) -> None:
        self._done, self._total = 0, total
        free = shutil.disk_usage(draft).free
        if free < total + SPARE_BYTES:
            raise InvalidRequest(
                f"The backup needs about {total // MIB + 1:,} MiB; {free // MIB:,} MiB are free in "
                f"{str(draft.parent)!r}."
            )

    def add(self, count: int) -> None:
        """So many bytes more are copied."""
        self._done += count

    def progress(self) -> Progress:
        """In MiB."""
        return Progress(self._done / MIB, max(self._done, self._total) / MIB, "MiB")


def _total(home: Path) -> int:
    folders = (home / folder for folder in contents.FOLDERS)
    found = (path for folder in folders if folder.exists() for path in folder.iterdir())
    total = 0
    for path in found:
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def _checkpoints(home: Path) -> dict[str, tuple[int, int]]:
    """Each run that has a checkpoint, with what changes when it is replaced."""
    found = {}
    for path in sorted((home / CHECKPOINTS).glob("[!.]*.pt")):
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            found[path.stem] = (status.st_ino, status.st_mtime_ns)
    return found


def _copy(home: Path, draft: Path, name: str, files: dict[str, StoredFile], meter: _Meter) -> None:
    """Copy one file; what retention deletes meanwhile is left out."""
    try:
        files[name] = contents.copy(home / name, draft / name, meter.add)
    except FileNotFoundError:
        _drop(draft, name, files)


def _drop(draft: Path, name: str, files: dict[str, StoredFile]) -> None:
    (draft / name).unlink(missing_ok=True)
    files.pop(name, None)


def _copy_of_ended(
    home: Path,
    draft: Path,
    run_id: str,
    still_ended: Callable[[], bool],
    files: dict[str, StoredFile],
    meter: _Meter,
) -> None:
    """The last checkpoint of a run that had ended; not where it has resumed since, and writes newer ones."""
    name = f"{CHECKPOINTS}/{run_id}.pt"
    fresh: dict[str, StoredFile] = {}
    beside = draft / ".fresh"
    _copy(home, beside, name, fresh, meter)
    if name in fresh and still_ended():
        (draft / name).parent.mkdir(exist_ok=True)
        (beside / name).replace(draft / name)
        files[name] = fresh[name]
    shutil.rmtree(beside, ignore_errors=True)


def _ended_at(database: Source, run_id: str, ended_at: float) -> bool:
    return database.ended_at(run_id) == ended_at


def _in(folder: str, files: dict[str, StoredFile]) -> int:
    return sum(name.startswith(f"{folder}/") for name in files)
