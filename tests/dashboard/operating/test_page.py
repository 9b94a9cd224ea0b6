"""Operators see who runs what, stop it, drain the server and speak to all; others a sentence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.login.people import Person
from core.operator_settings import variable
from core.records import to_record
from core.runs.hosting import logins, notices
from core.runs.quota import Owner
from core.runs.store import RunStore
from core.training import default_config
from dashboard.components import runs
from dashboard.components.visitor import BROWSER_COOKIE, LOGIN_HEADER
from dashboard.operating.page import NOT_FOR_YOU
from tests.dashboard.conftest import VIEWS

LOGIN, SHARED, OPERATORS = map(variable, ("login", "shared", "operators"))
FILE = """
url = "http://localhost:8501"
ask = "Ada"
[roles]
operator = ["admins"]
teacher = ["staff"]
member = ["7b"]
[providers.school]
issuer = "https://id.example.org"
client_id = "1"
client_secret = "2"
"""


@pytest.fixture
def store(own_runner: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RunStore]:
    (tmp_path / "login.toml").write_text(FILE)
    monkeypatch.setenv(LOGIN, str(tmp_path / "login.toml"))
    opened = runs.runner().store
    yield opened
    notices.drain(opened, False)
    notices.publish(opened, "")


def page_of(
    store: RunStore, name: str, *groups: str, script: str = "operating", expires: float = 1
) -> AppTest:
    """A page of somebody who has signed in."""
    person = Person("school", name, name.title(), None, frozenset(groups))
    key = logins.sign_in(store, person, expires, now=None if expires > 0.01 else time.time() - 10)
    return page_at(script, logins.id_of(key))


def page_at(script: str, login: str | None = None, browser: str = "b" * 16) -> AppTest:
    def operating() -> None:
        from dashboard.operating import page

        page.draw()

    app = AppTest.from_function(operating, default_timeout=120)
    if script != "operating":
        app = AppTest.from_file(str(VIEWS.parent / "main.py"), default_timeout=120)
    app.session_state[BROWSER_COOKIE] = browser
    if login:
        app.session_state[LOGIN_HEADER] = login
    app.run()
    assert not app.exception
    return app


def said(page: AppTest) -> str:
    shown = (page.title, page.markdown, page.caption, page.info, page.warning, page.error, page.success)
    return " ".join(str(one.value) for kind in shown for one in kind)


def test_who_is_no_operator_reads_a_sentence(store: RunStore) -> None:
    for page in (page_of(store, "mia", "7b"), page_at("operating")):
        assert NOT_FOR_YOU in said(page)
        assert not page.button
        assert not page.dataframe


def test_an_operator_drains_stops_and_speaks_to_all_and_a_teacher_does_not_drain(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = to_record(default_config("mlp", "moons", epochs=10_000, engine="eager"))
    run = store.create("training", config, owner=Owner("school:mia"))
    page = page_of(store, "ada", "admins")
    assert "Ready: the store can be written" in said(page)
    table = page.dataframe[0].value
    assert (table["Run"][0], table["Id"][0]) == ("training: MLP on Moons", run)
    assert "school:mia" in table["Whose"][0]
    assert page.dataframe[2].value["Kind"][0] == "Whole runs"
    page.button(key="drain").click().run()
    assert notices.held(store).drained_since is not None
    page.text_area[0].set_value("Back *soon*.")
    next(one for one in page.button if one.label == "Publish").click().run()
    assert notices.held(store).message == "Back *soon*."

    member = page_of(store, "mia", "7b", script="main")
    assert r"Back \*soon\*." in said(member)
    assert notices.DRAINED in said(member)

    teacher = page_of(store, "tom", "staff")
    assert "drain" not in [one.key for one in teacher.button]
    assert "MiB" not in " ".join(column for one in teacher.dataframe for column in one.value.columns)
    page.button(key="drain").click().run()
    assert notices.held(store).drained_since is None
    store.request(run, "stop")


def test_a_stranger_gets_the_way_in_and_an_ended_login_its_reason(store: RunStore) -> None:
    page = page_at("main")
    assert "open to people who have signed in" in said(page)
    assert [one.label for one in page.button] == ["Sign in with school"]
    expired = page_of(store, "mia", "7b", script="main", expires=0.001)
    assert "has expired" in said(expired)
    unlisted = page_of(store, "eve", script="main")
    assert "not open to your account. Ask Ada" in said(unlisted)
    assert len(unlisted.title) == 1


def test_an_operator_by_the_browsers_id_needs_no_login(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OPERATORS, "o" * 16)
    assert "Who runs what" in said(page_at("operating", browser="o" * 16))
    monkeypatch.delenv(LOGIN)
    assert "Who runs what" in said(page_at("operating", browser="o" * 16))
    assert NOT_FOR_YOU in said(page_at("operating"))
