"""While the store does not answer nobody is signed out: who is known stays, who is not waits."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import StoreUnavailable
from core.login.people import Person
from core.login.settings import LoginSettings, Provider
from core.operator_settings import variable
from core.runs.hosting import logins
from core.runs.store import RunStore
from dashboard.components import runs
from dashboard.components import visitor as visitors
from dashboard.components.visitor import LOGIN_HEADER, SIGNED_OUT, UNREADABLE, signed_in
from tests.waiting import wait_until

FILE = """
url = "http://localhost:8501"
[providers.school]
issuer = "https://id.example.org"
client_id = "1"
client_secret = "2"
"""
KNOWN = LoginSettings(providers=(Provider("school", "School", "https://id.example.org", "1", "2"),))
MIA = Person("school", "42", "Mia")


@contextlib.contextmanager
def away(store: RunStore) -> Iterator[None]:
    there = [f"runs.sqlite{part}" for part in ("", "-wal", "-shm")]
    there = [name for name in there if (store.files / name).exists()]
    for name in there:
        os.rename(store.files / name, store.files / f"aside.{name}")
    try:
        yield
    finally:
        for name in there:
            os.rename(store.files / f"aside.{name}", store.files / name)
        wait_until(lambda: runs.runner().fault() is None)


def a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "KEPT_S", 0.0)  # each look is a new one


def test_who_was_known_stays_and_who_was_not_is_unknown_and_not_signed_out(
    own_runner: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_moment_later(monkeypatch)
    store = runs.runner().store
    mia, eve = (logins.id_of(logins.sign_in(store, MIA, 1)) for _ in range(2))
    assert signed_in(KNOWN, mia, None) == (MIA, "")
    with away(store):
        assert signed_in(KNOWN, mia, None) == (MIA, "")
        assert signed_in(KNOWN, eve, None) == (None, UNREADABLE)
        soon = time.time() + 2 * 3600
        with monkeypatch.context() as later:
            later.setattr(time, "time", lambda: soon)
            assert signed_in(KNOWN, mia, None) == (None, visitors.EXPIRED)
    assert signed_in(KNOWN, eve, None) == (MIA, "")
    visitors.end_login(mia)
    assert signed_in(KNOWN, mia, None) == (None, SIGNED_OUT)
    with away(store):
        assert signed_in(KNOWN, mia, None)[0] is None, "who has signed out does not come in again"


def test_a_page_says_that_it_waits_offers_no_sign_in_and_starts_nothing_in_anothers_name(
    own_runner: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    a_moment_later(monkeypatch)
    (tmp_path / "login.toml").write_text(FILE)
    monkeypatch.setenv(variable("login"), str(tmp_path / "login.toml"))
    store = runs.runner().store
    page = AppTest.from_file(str(Path(__file__).parents[3] / "dashboard" / "main.py"), default_timeout=120)
    page.session_state[LOGIN_HEADER] = logins.id_of(logins.sign_in(store, MIA, 1))
    with away(store):
        page.run()
        assert not page.exception
        (waits,) = (one.value for one in page.warning if "signed in" in one.value)
        assert "You have not been signed out" in waits
        assert not [button for button in page.button if "Sign in" in button.label]
    page.run()
    assert not page.exception
    assert not [one for one in page.warning if "signed in" in one.value]
    monkeypatch.setattr(visitors, "visitor", lambda: visitors.Visitor(visitors.Owner("b"), ended=UNREADABLE))
    with pytest.raises(StoreUnavailable, match="It cannot be read now who has signed in here"):
        visitors.owner_of_new_run()
