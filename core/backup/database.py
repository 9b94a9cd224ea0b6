"""A copy of the run store's database as it is at one moment, while others write to it.

The one place for another database: where its address names PostgreSQL, `copy_database()` would run pg_dump.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from core.backup.manifest import Copied
from core.runs.faults.store_faults import fault_of

PAGES_A_STEP = 1000
BUSY_S = 10.0


def copy_database(store_file: Path, target: Path, copied: Copied) -> None:
    """Copy an SQLite file by SQLite itself. Raises StoreUnavailable.

    The transaction in which it is read sees one moment, whatever is written meanwhile; without it, each
    write of somebody else would make the copy begin anew.
    """
    address = f"{store_file.absolute().as_uri()}?mode=rw"
    done = 0

    def progress(_status: int, left: int, total: int) -> None:
        nonlocal done
        copied((total - left - done) * page_bytes)
        done = total - left

    try:
        with (
            contextlib.closing(sqlite3.connect(address, BUSY_S, isolation_level=None, uri=True)) as source,
            contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy,
        ):
            source.execute("BEGIN")
            page_bytes = source.execute("PRAGMA page_size").fetchone()[0]
            source.execute("SELECT count(*) FROM runs").fetchone()  # from here on it sees this moment
            source.backup(copy, pages=PAGES_A_STEP, progress=progress)
            source.execute("ROLLBACK")
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
    except sqlite3.Error as error:
        raise fault_of(error, store_file) or error from None


def size_of(store_file: Path) -> int:
    """Bytes of a copy, about."""
    files = (store_file, store_file.with_name(store_file.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def is_in_use(store_file: Path) -> bool:
    """Whether another program has the database open, such as a server that has nothing to do.

    SQLite leaves its write-ahead log only for who has the file alone; each connection of ours takes it up.
    """
    if not store_file.exists():
        return False
    try:
        with contextlib.closing(sqlite3.connect(store_file, 0.1, isolation_level=None)) as connection:
            return bool(connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "wal")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    except sqlite3.DatabaseError:  # junk is nobody's database
        return False
