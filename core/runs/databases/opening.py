"""Which database a place names."""

from __future__ import annotations

from pathlib import Path

from core.runs.databases.database import Database
from core.runs.databases.sqlite import SQLite


def open_database(place: Path | str) -> Database:
    """The database of a place; nothing is connected yet."""
    return SQLite(Path(place))
