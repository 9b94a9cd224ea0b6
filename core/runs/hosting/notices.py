"""What an operator says to everybody: a message, and that no new run starts while the server is drained."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa

from core.errors import InvalidRequest
from core.runs.hosting.tables import Database, notices

MESSAGE, DRAIN = "message", "drain"
MAX_TEXT = 500  # characters

DRAINED = (
    "This server is being drained for maintenance: no new run starts. What is running runs to its end, "
    "and what waits stays in the queue."
)


@dataclass(frozen=True)
class Notices:
    """What holds now. Times are seconds since 1970."""

    message: str = ""
    message_since: float | None = None
    drained_since: float | None = None


def held(database: Database) -> Notices:
    """All of it."""
    with database.reading() as connection:
        rows = {row.kind: row for row in connection.execute(notices.select())}
    message, drain = rows.get(MESSAGE), rows.get(DRAIN)
    return Notices(
        message.text if message else "", message.since if message else None, drain.since if drain else None
    )


def publish(database: Database, text: str) -> None:
    """Show this on every page until it is withdrawn, in place of what was shown before; "" withdraws it.

    Raises InvalidRequest for what is too long to be read.
    """
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise InvalidRequest(f"The message has {len(text)} characters; it must have {MAX_TEXT} at most.")
    _set(database, MESSAGE, text or None)


def drain(database: Database, on: bool) -> None:
    """Let no new run start on any server of this database, or let them start again."""
    _set(database, DRAIN, "" if on else None)


def is_drained(connection: sa.Connection) -> bool:
    """Whether no run of the queue may start."""
    return connection.execute(_DRAIN).first() is not None


_DRAIN = sa.select(notices.c.since).where(notices.c.kind == DRAIN)


def _set(database: Database, kind: str, text: str | None) -> None:
    with database.writing() as connection:
        connection.execute(notices.delete().where(notices.c.kind == kind))
        if text is not None:
            connection.execute(notices.insert().values(kind=kind, text=text, since=time.time()))
