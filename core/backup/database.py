"""Which database a backup copies, and a restore fills: the one that the operator names, or a file."""

from __future__ import annotations

from pathlib import Path

from core.backup.manifest import DATABASE
from core.backup.postgresql import PostgreSQLTables
from core.backup.sqlite import SQLiteFile
from core.runs.databases import postgresql

Source = SQLiteFile | PostgreSQLTables


def database_of(place: str | Path) -> Source:
    """The database of a place, as core.runs.databases.opening.store_place() gives it."""
    return PostgreSQLTables(str(place)) if postgresql.is_place(place) else SQLiteFile(Path(place))


def file_in(home: Path) -> SQLiteFile:
    """The file of a data folder that holds everything."""
    return SQLiteFile(home / DATABASE)
