"""A PostgreSQL server of the tests' own: from the system's package, in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

SETTINGS = "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c max_connections=200"
MIN_MEMORY = 2 * 2**30


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest there is; Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    in_path = shutil.which("initdb")
    return found[-1].parent if found else Path(in_path).parent if in_path else None


def unavailable_reason() -> str | None:
    """Why no server can be started here; None where it can."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "the driver psycopg is missing (requirements-postgres.txt)"
    return None if programs() else "PostgreSQL is not installed (the system's package postgresql)"


def folder_for_clusters() -> str:
    """In memory, where there is room: else tests wait for the disk. The path of a socket has to be short."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > MIN_MEMORY else "/tmp"


class Cluster:
    """A server that answers on a socket in its folder alone, whose path is to be short."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._programs = folder, programs()
        if os.getuid() == 0:  # it refuses to run as root
            folder.chmod(0o755)
            shutil.chown(folder, "postgres")
        self._run("initdb", "-U", "nabla", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        self.start()

    def start(self) -> None:
        """Start it, also again."""
        self._run(
            "pg_ctl", "-w", "-s", "-l", self.folder / "log", "-o", f"{SETTINGS} -k {self.folder}", "start"
        )

    def stop(self) -> None:
        """Stop it; all connections are lost."""
        self._run("pg_ctl", "-w", "-s", "-m", "fast", "stop")

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of a new database, which goes afterwards."""
        name = f"d{uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name}")
        yield self.address(name).replace("+psycopg", "")
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Do what can be done in no transaction."""
        engine = sa.create_engine(self.address(database), poolclass=sa.NullPool)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(statement)

    def address(self, database: str) -> str:
        """As SQLAlchemy takes it."""
        return f"postgresql+psycopg://nabla@/{database}?host={self.folder}"

    def _run(self, program: str, *arguments: str | Path) -> None:
        assert self._programs is not None
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        command: list[str | Path] = [*(as_postgres if os.getuid() == 0 else []), self._programs / program]
        command += ["-D", self.folder / "data", *arguments]
        # Into a file: a server that starts would keep a pipe open.
        with (self.folder / "said").open("w+b") as said:
            done = subprocess.run(command, cwd="/", stdout=said, stderr=said)
        assert done.returncode == 0, (self.folder / "said").read_text()
