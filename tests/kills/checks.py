"""What must hold after something was killed, whatever it was: faults in words, none where all is well."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from core.errors import InvalidRequest
from core.runs import checkpoints
from core.runs.retention import keep_within
from core.runs.store import RunStore
from tests.kills import witness

KEPT = ("runs.sqlite", "cookie_secret", "server-")  # what lies in a data folder beside its folders
KINDS = {"checkpoints": ".pt", "tables": ".csv", "cache": ".npz"}  # and in its folders
OLD_S = 3600.0


def of_store(store: RunStore, runs: Iterable[str]) -> Iterator[str]:
    """Faults of the database, of the checkpoints, and of what these runs have recorded."""
    with contextlib.closing(sqlite3.connect(store.place)) as database:
        found = database.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        yield f"integrity_check: {found}"
    for path in sorted(store.checkpoints.glob("[!.]*.pt")):
        try:
            sequence = checkpoints.read(path)["sequence"]
        except InvalidRequest as error:
            yield f"checkpoint: {error}"
            continue
        if sequence > last_event(store, path.stem):
            yield f"the checkpoint of {path.stem} is newer than its events"
    for run in runs:
        numbers = [number for number, _ in store.events_after(run)]  # raises where a line is not whole
        if numbers != [*range(1, len(numbers) + 1)]:
            yield f"the events of {run} have a gap"
        store.pictures(run)
        if len({len(frame.weights) for frame in store.frames(run)}) > 1:
            yield f"a frame of {run} is not whole"


def of_tables(home: Path) -> Iterator[str]:
    """Tables that are not what their name, the sum of their content, says."""
    for path in (home / "tables").glob("*.csv"):
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.stem:
            yield f"the table {path.name} is not whole"


def of_leftovers(store: RunStore) -> Iterator[str]:
    """Files that nobody deletes, once what is there is old; the server must not run."""
    for path in store.files.rglob("*"):
        if path.is_file():
            os.utime(path, (time.time() - OLD_S,) * 2)
    for _ in keep_within(store, 2**40):
        pass
    for path in sorted(path for path in store.files.rglob("*") if path.is_file()):
        known = (
            path.name.startswith(KEPT)
            if path.parent == store.files
            else path.suffix == KINDS.get(path.parent.name)
        )
        if not known:
            yield f"the file {path.relative_to(store.files)} stays for ever"


def last_event(store: RunStore, run: str) -> int:
    """The number of the newest event that the store has; 0 without one."""
    events = store.events_after(run)
    return events[-1][0] if events else 0


def processes_of(folder: Path) -> list[psutil.Process]:
    """All that a server with this folder of witnesses has started, also what nobody is the parent of."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(witness.FOLDER) == str(folder) and is_at_work(process):
                found.append(process)
    return found


def is_at_work(process: psutil.Process) -> bool:
    """Whether it has not ended."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def orphans_of(folder: Path, server: int) -> list[psutil.Process]:
    """Those that this server is not the parent of, near or far."""
    found = []
    for process in processes_of(folder):
        with contextlib.suppress(psutil.Error):
            if process.pid != server and server not in {parent.pid for parent in process.parents()}:
                found.append(process)
    return found
