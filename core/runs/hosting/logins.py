"""Who has signed in, until when. The browser's cookie holds a random key, and the database its digest alone.

So a login can be ended at once, for all its tabs and on all servers, and nobody who reads the database can
come in as another person.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.login.people import Person
from core.runs.hosting.tables import Database, logins

FORGOTTEN_AFTER_S = 7 * 24 * 3600.0  # until then a login that has expired is known as one


@dataclass(frozen=True)
class Login:
    """A person at one browser."""

    id: str
    person: Person
    since: float
    until: float

    def has_expired(self, now: float) -> bool:
        """Whether it counts no more."""
        return now >= self.until


def id_of(key: str) -> str:
    """By what the database knows the holder of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def sign_in(
    database: Database,
    person: Person,
    hours: float,
    browser: str | None = None,
    before: str | None = None,
    now: float | None = None,
) -> str:
    """Keep that this person has signed in, and return the key of it.

    browser: the id of the browser. before: the login that it had, which ends.
    """
    now = time.time() if now is None else now
    key = secrets.token_urlsafe(32)
    row: dict[str, Any] = {"provider": person.provider, "subject": person.subject, "name": person.name}
    row |= {"email": person.email, "group_names": sorted(person.groups), "browser": browser}
    with database.writing() as connection:
        connection.execute(logins.delete().where(logins.c.until < now - FORGOTTEN_AFTER_S))
        if before:
            connection.execute(logins.delete().where(logins.c.id == before))
        connection.execute(logins.insert().values(**row, id=id_of(key), since=now, until=now + hours * 3600))
    return key


def find(database: Database, login_id: str) -> Login | None:
    """The login of this id, also where it has expired; None where it was ended or never was."""
    return _first(database, logins.select().where(logins.c.id == login_id))


def newest_of_browser(database: Database, browser: str, now: float | None = None) -> Login | None:
    """The login that counts in this browser."""
    now = time.time() if now is None else now
    mine = logins.select().where(logins.c.browser == browser, logins.c.until > now)
    return _first(database, mine.order_by(logins.c.since.desc()).limit(1))


def sign_out(database: Database, login_id: str) -> None:
    """End a login, wherever it is open."""
    with database.writing() as connection:
        connection.execute(logins.delete().where(logins.c.id == login_id))


def names(database: Database, ids: set[str]) -> dict[str, str]:
    """The names of people by their ids, as far as they have signed in of late."""
    columns = (logins.c.provider, logins.c.subject, logins.c.name)
    with database.reading() as connection:
        rows = connection.execute(sa.select(*columns).order_by(logins.c.since)).all()
    known = {f"{row.provider}:{row.subject}": row.name for row in rows}
    return {one: known[one] for one in ids if one in known}


def _first(database: Database, query: sa.Select[Any]) -> Login | None:
    with database.reading() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    person = Person(row.provider, row.subject, row.name, row.email, frozenset(row.group_names))
    return Login(row.id, person, row.since, row.until)
