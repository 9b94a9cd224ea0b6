"""SQLite: one file, for the servers and workers of one machine.

WAL mode, so readers never wait for the writer and a killed process leaves a whole database behind
(https://www.sqlite.org/wal.html). One small transaction every quarter of a second is what a worker writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.errors import InvalidRequest, UnwritableFolder
from core.runs.databases.database import WRITES, Database, Fault

MAX_LOG_BYTES = 32 * 2**20  # what the write-ahead log shrinks to after a large transaction
SPARE_PAGES = 2000  # free ones that stay in the file for what is written next
PAGES_A_STEP = 1000

# SQLite's words; sqlite3 has no codes for errors that SQLAlchemy has wrapped.
_WORDS = {
    "locked": Fault.BUSY,
    "unable to open": Fault.UNREACHABLE,
    "readonly": Fault.READ_ONLY,
    "disk is full": Fault.FULL,
    "disk I/O error": Fault.UNREACHABLE,
    "not a database": Fault.BROKEN,
    "malformed": Fault.BROKEN,
}


class SQLite(Database):
    """A file, and the folder in which it lies."""

    driver_errors = (sqlite3.DatabaseError,)

    def __init__(self, path: Path, files: Path | None = None) -> None:
        self.path, self.place = path, str(path)
        self.files = files or path.parent

    def engine(self) -> sa.Engine:
        """Connections to the file; whoever writes waits for the one write lock."""
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(self.path)),  # a path may hold what an address may not
            connect_args={"timeout": 10},
            pool_size=8,
            max_overflow=32,
        )
        sa.event.listen(engine, "connect", _set_up_connection)
        sa.event.listen(engine, "begin", _begin)
        return engine

    def fault_of(self, error: BaseException) -> Fault | None:
        """What is wrong with the file."""
        if not isinstance(error, sqlite3.Error):
            return None
        return next((fault for words, fault in _WORDS.items() if words in str(error)), None)

    def in_words(self, error: BaseException) -> InvalidRequest | None:
        """A sentence that names the folder; none for a file that is busy."""
        fault = self.fault_of(error)
        return None if fault in (None, Fault.BUSY) else self._unwritable(error, fault)

    def not_opened(self, error: BaseException) -> InvalidRequest:
        """A sentence that names the folder."""
        operational = isinstance(error, sqlite3.OperationalError)
        return self._unwritable(error, self.fault_of(error) if operational else Fault.BROKEN)

    def _unwritable(self, error: BaseException, fault: Fault | None) -> InvalidRequest:
        said = f"{self.path.name}: {error}" if fault is Fault.BROKEN else str(error)
        return UnwritableFolder(self.path.parent, said)

    def give_back_space(self, engine: sa.Engine) -> Iterator[None]:
        """Make the file smaller; one that an earlier version made keeps its size, for what comes."""
        while pages := _pages_to_spare(engine):
            _shrink(engine, min(pages, PAGES_A_STEP))
            yield


def _set_up_connection(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling begins late and never IMMEDIATE; _begin does it instead.
    connection.isolation_level = None
    if connection.execute("PRAGMA page_count").fetchone() == (0,):
        # Only a new file can be made one that gives space back; on others this would wait for the write lock.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA journal_size_limit = {MAX_LOG_BYTES}")
    # In WAL mode NORMAL keeps the file whole through any crash; only a power cut can lose the last commits.
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin(connection: sa.Connection) -> None:
    # What reads and then writes needs the write lock from the start: else two could claim one run.
    writes = connection.get_execution_options().get(WRITES) is not None
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _pages_to_spare(engine: sa.Engine) -> int:
    with engine.begin() as connection:
        shrinks = connection.exec_driver_sql("PRAGMA auto_vacuum").scalar() == 2
        free = connection.exec_driver_sql("PRAGMA freelist_count").scalar() or 0
    return max(free - SPARE_PAGES, 0) if shrinks else 0


def _shrink(engine: sa.Engine, pages: int) -> None:
    connection = engine.raw_connection()
    try:
        # execute() would stop after the first page.
        connection.cursor().executescript(f"PRAGMA incremental_vacuum({pages})")
    finally:
        connection.close()
