"""A copy of the run store's file as it is at one moment, while others write to it, and its way back."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from core.backup import moment
from core.backup.manifest import DATABASE, Copied
from core.backup.moment import Moment
from core.errors import InvalidRequest
from core.runs.faults.store_faults import fault_of

PAGES_A_STEP = 1000
BUSY_S = 10.0


class SQLiteFile:
    """The database of one server: a file in its data folder."""

    name = DATABASE
    version = 0  # of the program that copies it; every SQLite reads it

    def __init__(self, path: Path) -> None:
        self._path = path

    def check_has_runs(self) -> None:
        """Raise InvalidRequest where there is no database yet."""
        if not self._path.exists():
            raise InvalidRequest(f"The data folder {str(self._path.parent)!r} has no runs to back up.")

    def size_bytes(self) -> int:
        """Bytes of a copy, about."""
        files = (self._path, self._path.with_name(self._path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def copy(self, target: Path, copied: Copied) -> Moment:
        """Copy the file by SQLite itself. Raises StoreUnavailable.

        The transaction in which it is read sees one moment, whatever is written meanwhile; without it, each
        write of somebody else would make the copy begin anew.
        """
        address = f"{self._path.absolute().as_uri()}?mode=rw"
        done = 0

        def progress(_status: int, left: int, total: int) -> None:
            nonlocal done
            copied((total - left - done) * page_bytes)
            done = total - left

        try:
            with (
                contextlib.closing(
                    sqlite3.connect(address, BUSY_S, isolation_level=None, uri=True)
                ) as source,
                contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy,
            ):
                source.execute("BEGIN")
                page_bytes = source.execute("PRAGMA page_size").fetchone()[0]
                source.execute("SELECT count(*) FROM runs").fetchone()  # from here on it sees this moment
                source.backup(copy, pages=PAGES_A_STEP, progress=progress)
                source.execute("ROLLBACK")
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            with _connected(target) as connection:
                return moment.moment_of(connection)
        except sqlite3.Error as error:
            raise fault_of(error, self._path) or error from None

    def ended_at(self, run_id: str) -> float | None:
        """When the run ended, as it is now."""
        with _connected(self._path) as connection:
            return moment.ended_at(connection, run_id)

    def holds(self) -> bool:
        """Whether something is there beside the files of the data folder."""
        return False

    def check_unused(self) -> None:
        """Raise InvalidRequest where another program has the file open."""
        if is_in_use(self._path):
            raise InvalidRequest(
                f"A server or another program uses the data folder {str(self._path.parent)!r}; "
                "stop it before."
            )

    def prepare(self, copy: Path) -> None:
        """Check the copy, and end in it what was at work. Raises InvalidRequest where it is damaged."""
        _check(copy)
        _end_open_runs(copy)

    def fill(self, copy: Path, aside: str) -> None:
        """Nothing: the copy itself goes into the data folder."""
        return


@contextlib.contextmanager
def _connected(file: Path) -> Iterator[sa.Connection]:
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(file)), connect_args={"timeout": BUSY_S})
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.DBAPIError as error:
        raise error.orig or error from None
    finally:
        engine.dispose()


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


def _check(file: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(file)) as database:
            found = database.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise InvalidRequest(f"The database of the backup is damaged: {found[:100]}. Nothing was changed.")


def _end_open_runs(file: Path) -> None:
    with _connected(file) as connection, connection.begin():
        for statement in moment.ending_of_open_runs(time.time()):
            connection.execute(statement)
