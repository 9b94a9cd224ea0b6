"""The one file of an SQLite store while connections are open: whether it is still the same, and free."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.runs.faults.store_faults import GONE, fault_of, unavailable

PROBE_BYTES = 2**16
PROBE_WAIT_S = 0.5  # a healthy writer is done long before


def watch(engine: sa.Engine, store_file: Path, set_up: Callable[[Any], None]) -> None:
    """Prepare each new connection with set_up(), and use none whose file is no longer the store.

    A file that is deleted or replaced stays readable and writable to whoever has it open, so that all would
    seem well while nothing is kept. Nor is an empty store made in the place of one that has been there.
    """
    known = store_file.exists()

    def before(*_: Any) -> None:
        if known and not store_file.exists():
            raise unavailable(GONE, store_file, "")

    def opened(connection: Any, record: Any) -> None:
        nonlocal known
        try:
            set_up(connection)
        except sqlite3.Error as error:
            raise fault_of(error, store_file) or error from None
        known, record.info["file"] = True, identity(store_file)

    def taken(_connection: Any, record: Any, _proxy: Any) -> None:
        if identity(store_file) != record.info.get("file"):
            raise sa.exc.InvalidatePoolError

    sa.event.listen(engine, "do_connect", before)
    sa.event.listen(engine, "connect", opened)
    sa.event.listen(engine, "checkout", taken)


def identity(file: Path) -> tuple[int, int] | None:
    """What stays the same as long as it is the same file; None where there is none."""
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def probe_folder(folder: Path) -> None:
    """Write a file there that is gone at once. Raises OSError."""
    with tempfile.TemporaryFile(dir=folder) as beside:
        beside.write(b"0" * PROBE_BYTES)
        beside.flush()


def check(store_file: Path, wait_s: float = PROBE_WAIT_S) -> None:
    """Take the store's write lock and write beside it, and leave no trace of either.

    Raises StoreUnavailable where that is not possible now.
    """
    try:
        address = f"{store_file.absolute().as_uri()}?mode=rw"
        with contextlib.closing(sqlite3.connect(address, wait_s, isolation_level=None, uri=True)) as probe:
            probe.execute("BEGIN IMMEDIATE")
            probe.execute("ROLLBACK")
        probe_folder(store_file.parent)
    except (sqlite3.Error, OSError) as error:
        raise fault_of(error, store_file) or error from None
