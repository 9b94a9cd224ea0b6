"""A login lasts until it ends, for whoever holds its key, and the database has no key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.login.people import Person
from core.runs.hosting import logins
from core.runs.store import RunStore

MIA = Person("school", "42", "Mia Curie", "mia@example.org", frozenset({"7b"}))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    opened = RunStore(tmp_path / "runs.sqlite")
    yield opened
    opened.close()


def test_a_login_is_found_by_its_key_until_it_expires_or_ends(store: RunStore, tmp_path: Path) -> None:
    key = logins.sign_in(store, MIA, hours=2, browser="b", now=1000.0)
    login = logins.find(store, logins.id_of(key))
    assert login is not None
    assert login.person == MIA
    assert [login.has_expired(at) for at in (1000.0, 8199.0, 8200.0)] == [False, False, True]
    assert key not in "".join(path.read_bytes().decode("latin-1") for path in tmp_path.iterdir())
    assert logins.find(store, logins.id_of("another")) is None
    assert logins.find(store, key) is None
    logins.sign_out(store, login.id)
    assert logins.find(store, login.id) is None


def test_a_later_sign_in_ends_the_one_before_in_that_browser(store: RunStore) -> None:
    first = logins.id_of(logins.sign_in(store, MIA, 2, "b", now=0.0))
    other = logins.id_of(logins.sign_in(store, MIA, 2, "c", now=0.0))
    second = logins.id_of(logins.sign_in(store, MIA, 2, "b", before=first, now=10.0))
    assert logins.find(store, first) is None
    assert logins.find(store, other) is not None
    newest = logins.newest_of_browser(store, "b", now=20.0)
    assert newest is not None
    assert (newest.id, newest.since) == (second, 10.0)
    assert logins.newest_of_browser(store, "b", now=10.0 + 7200) is None
    assert logins.names(store, {"school:42", "school:1"}) == {"school:42": "Mia Curie"}


def test_one_that_expired_long_ago_is_forgotten(store: RunStore) -> None:
    old = logins.id_of(logins.sign_in(store, MIA, 1, now=0.0))
    day = 24 * 3600.0
    logins.sign_in(store, MIA, 1, now=day)
    assert logins.find(store, old) is not None, "its end can be explained"
    logins.sign_in(store, MIA, 1, now=9 * day)
    assert logins.find(store, old) is None
