"""A copy of the run store's tables in PostgreSQL as they are at one moment, and the tables from such a copy.

PostgreSQL's own programs do it: pg_dump in the snapshot of a transaction, pg_restore and psql in one
transaction. They are to be of the server's version, or newer where they read.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as dialect

from core.backup import moment
from core.backup.manifest import DUMP, Copied
from core.backup.moment import Moment
from core.errors import InvalidRequest
from core.operator_settings import operator_settings, variable
from core.runs.databases.opening import open_database
from core.runs.hosting import tables as hosting
from core.runs.tables import metadata, runs

BUSY_S = 10.0
TABLES = (*metadata.tables, *hosting.metadata.tables)
_DEBIAN = Path("/usr/lib/postgresql")  # where each version has a folder of its own
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


class PostgreSQLTables:
    """Our tables in the database of a place, in the schema that its connections see first."""

    name = DUMP

    def __init__(self, place: str) -> None:
        self._place, self._database = place, open_database(place)

    @cached_property
    def version(self) -> int:
        """The server's, without what follows the point."""
        with self._connected() as connection:
            return int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000

    def check_has_runs(self) -> None:
        """Raise InvalidRequest where there are no tables of ours."""
        if not self._there():
            raise InvalidRequest(f"The database of {variable('database_url')} has no runs to back up.")

    def size_bytes(self) -> int:
        """Bytes of the tables, of which a copy takes less."""
        with self._connected() as connection:
            sizes = [
                connection.execute(sa.select(sa.func.pg_table_size(name))).scalar_one()
                for name in self._there(connection)
            ]
        return sum(map(int, sizes))

    def copy(self, target: Path, copied: Copied) -> Moment:
        """Dump the tables; what is counted is of the same moment. Raises StoreUnavailable, InvalidRequest."""
        program = find_program("pg_dump", self.version)
        with self._connected("REPEATABLE READ") as connection:
            # Else the server would end the transaction while it waits for pg_dump.
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
            schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
            found = moment.moment_of(connection)
            tables = [f'--table="{schema}"."{name}"' for name in self._there(connection)]
            command = [program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
            self._run([*command, *tables, f"--file={target}", f"--dbname={self._place}"])
        copied(target.stat().st_size)
        return found

    def ended_at(self, run_id: str) -> float | None:
        """When the run ended, as it is now."""
        with self._connected() as connection:
            return moment.ended_at(connection, run_id)

    def holds(self) -> bool:
        """Whether runs are there."""
        with self._connected() as connection:
            if runs.name not in self._there(connection):
                return False
            return connection.execute(sa.select(sa.exists(runs.select()))).scalar_one()

    def check_unused(self) -> None:
        """Raise InvalidRequest where a server or a worker is connected."""
        with self._connected() as connection:
            others = connection.exec_driver_sql(_OTHERS).scalar_one()
        if others:
            raise InvalidRequest(
                f"A server or another program uses the database of {variable('database_url')}; "
                "stop it before."
            )

    def prepare(self, copy: Path) -> None:
        """Make the script that fills the database. Raises InvalidRequest where the copy cannot be read."""
        find_program("psql", self.version)
        program = find_program("pg_restore", self.version)
        self._run(
            [program, "--no-owner", "--no-privileges", f"--file={_script_of(copy)}", str(copy)],
            "The database of the backup cannot be read",
        )

    def fill(self, copy: Path, aside: str) -> None:
        """Move our tables aside, into a schema of that name, and fill the database: all of it or nothing."""
        with self._connected() as connection:
            there = self._there(connection)
            quoted = f'"{connection.exec_driver_sql("SELECT current_schema()").scalar_one()}"'
        before, after = copy.with_name("before.sql"), copy.with_name("after.sql")
        moves = [f'ALTER TABLE {quoted}."{name}" SET SCHEMA "{aside}";' for name in there]
        before.write_text("\n".join([f'CREATE SCHEMA "{aside}";', *moves] if there else []))
        # The script has emptied the search path.
        ending = [_as_text(statement) for statement in moment.ending_of_open_runs(time.time())]
        after.write_text("\n".join([f"SET LOCAL search_path = {quoted};", *ending]))
        scripts = [f"--file={script}" for script in (before, _script_of(copy), after)]
        psql = [find_program("psql", self.version), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
        self._run(
            [*psql, "--single-transaction", "--output=/dev/null", *scripts, f"--dbname={self._place}"],
            "The database could not be filled, and is as it was",
        )

    def _there(self, connection: sa.Connection | None = None) -> list[str]:
        if connection is None:
            with self._connected() as opened:
                return self._there(opened)
        names = set(sa.inspect(connection).get_table_names())
        return [name for name in TABLES if name in names]

    @contextlib.contextmanager
    def _connected(self, isolation: str = "READ COMMITTED") -> Iterator[sa.Connection]:
        engine = self._database.engine(BUSY_S)
        try:
            with engine.connect().execution_options(isolation_level=isolation) as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise self._database.fault_of(error.orig or error) or error from None
        finally:
            engine.dispose()

    def _run(self, command: Sequence[str], failed: str = "The database could not be copied") -> None:
        password = sa.make_url(str(operator_settings().database_url)).password
        environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = re.split(r"error:\s*", done.stderr, maxsplit=1, flags=re.IGNORECASE)[-1].splitlines()
            raise InvalidRequest(f"{failed}: {' '.join(said[0].split())[:300]}." if said else f"{failed}.")


def _script_of(copy: Path) -> Path:
    return copy.with_suffix(".sql")


def _as_text(statement: sa.Update) -> str:
    compiled = statement.compile(dialect=dialect.dialect(), compile_kwargs={"literal_binds": True})
    return f"{compiled};".replace("%%", "%")


def find_program(name: str, server: int, debian: Path = _DEBIAN) -> str:
    """The path of one of PostgreSQL's programs: of the server's version, else the next newer one.

    Raises InvalidRequest where there is none, or only older ones, which refuse a newer server.
    """
    in_path = shutil.which(name)
    candidates = [*map(str, debian.glob(f"*/bin/{name}")), *([in_path] if in_path else [])]
    known = sorted((version, path) for path in candidates if (version := _version_of(path)))
    fitting = [path for version, path in known if version >= server]
    if fitting:
        return fitting[0]
    needed = f"Install the client programs of PostgreSQL {server} or newer (postgresql-client)"
    if not known:
        raise InvalidRequest(f"The program {name} is not installed here. {needed}.")
    raise InvalidRequest(
        f"{name} is of PostgreSQL {known[-1][0]} here and the server of {server}: an older one cannot read "
        f"all of a newer server. {needed}."
    )


def _version_of(program: str) -> int | None:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found.group(1)) if found else None
