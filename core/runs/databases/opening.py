"""Which database keeps the runs: the one that the operator names, or a file in the data folder."""

from __future__ import annotations

from pathlib import Path

from core.operator_settings import operator_settings
from core.paths import data_folder, files_folder
from core.runs.databases import postgresql
from core.runs.databases.database import Database
from core.runs.databases.sqlite import SQLite

FILE = "runs.sqlite"


def store_place() -> str:
    """The place of this server's runs, as open_database() takes it.

    Raises InvalidRequest for an address that names no PostgreSQL database.
    """
    url = operator_settings().database_url
    return postgresql.place_of(url) if url else str(data_folder() / FILE)


def check_address() -> None:
    """Raise InvalidRequest where the operator has named what can never be a database of runs."""
    url = operator_settings().database_url
    if url:
        postgresql.place_of(url)
        postgresql.driver_errors()


def has_store() -> bool:
    """Whether there may be runs: a file is made by the first server or command that keeps some."""
    return bool(operator_settings().database_url) or (data_folder() / FILE).exists()


def open_database(place: Path | str) -> Database:
    """The database of a place; nothing is connected yet.

    A place holds no password: that of the operator's address is used where it is the same database.
    Raises InvalidRequest where the driver is not installed.
    """
    if not postgresql.is_place(place):
        files = operator_settings().files
        return SQLite(Path(place), files_folder() if files else None)
    chosen = operator_settings().database_url
    url = chosen if chosen and postgresql.place_of(chosen) == place else str(place)
    return postgresql.PostgreSQL(url, files_folder())
