"""SQLite: one file, for the servers and workers of one machine.

WAL mode, so readers never wait for the writer and a killed process leaves a whole database behind
(https://www.sqlite.org/wal.html). One small transaction every quarter of a second is what a worker writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.errors import StoreUnavailable
from core.runs.databases.database import WRITES, Database
from core.runs.faults import store_faults, store_file

MAX_LOG_BYTES = 32 * 2**20  # what the write-ahead log shrinks to after a large transaction
SPARE_PAGES = 2000  # free ones that stay in the file for what is written next
PAGES_A_STEP = 1000


class SQLite(Database):
    """A file, and the folder in which it lies."""

    def __init__(self, path: Path, files: Path | None = None) -> None:
        self.path, self.place = path, str(path)
        self.files = files or path.parent

    def engine(self, busy_s: float) -> sa.Engine:
        """Connections to the file; whoever writes waits for the one write lock."""
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(self.path)),  # a path may hold what an address may not
            connect_args={"timeout": busy_s},
            pool_size=8,
            max_overflow=32,
        )
        store_file.watch(engine, self.path, _set_up_connection)
        sa.event.listen(engine, "begin", _begin)
        return engine

    def fault_of(self, error: BaseException) -> StoreUnavailable | None:
        """What is wrong with the file."""
        return store_faults.fault_of(error, self.path)

    def check(self, engine: sa.Engine) -> None:
        """Take the write lock, and write beside the file."""
        store_file.check(self.path)

    def give_back_space(self, engine: sa.Engine) -> Iterator[None]:
        """Make the file smaller; one that an earlier version made keeps its size, for what comes."""
        while pages := _pages_to_spare(engine):
            _shrink(engine, min(pages, PAGES_A_STEP))
            yield


def _set_up_connection(connection: Any) -> None:
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
