"""Whoever comes with a cookie is who it was given to, and nobody is by making one up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from core.operator_settings import variable
from dashboard.browser_cookie import SECRET_FILE, BrowserCookie
from dashboard.components.visitor import ADDRESS_HEADER, BROWSER_COOKIE, BROWSER_HEADER, new_browser_id

HOME, SHARED, PROXIES, COOKIE_SECRET = map(variable, ("home", "shared", "trusted_proxies", "cookie_secret"))


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv(HOME, str(tmp_path))
    monkeypatch.setenv(SHARED, "1")
    return monkeypatch


@dataclass(frozen=True)
class Answer:
    """What a page saw of a visitor, and the cookie that came with it."""

    browser: str
    address: str
    set_cookie: str

    @property
    def cookie(self) -> str:
        return SimpleCookie(self.set_cookie)[BROWSER_COOKIE].value


def ask(cookie: str | None = None, kind: str = "http", **headers: str) -> Answer:
    """A request to a server that has just started, or a websocket."""
    seen: dict[str, str] = {}
    answered: dict[str, str] = {}

    async def page(scope: Scope, _receive: Receive, send: Send) -> None:
        seen.update({name.decode(): value.decode() for name, value in scope["headers"]})
        content = [(b"content-type", b"text/html; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": content})

    async def send(message: Message) -> None:
        answered.update({name.decode(): value.decode() for name, value in message["headers"]})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    if cookie is not None:
        raw.append((b"cookie", f"{BROWSER_COOKIE}={cookie}".encode()))
    scope = {"type": kind, "path": "/", "headers": raw, "client": ("203.0.113.9", 1)}
    asyncio.run(BrowserCookie(page)(scope, receive, send))
    return Answer(seen.get(BROWSER_HEADER, ""), seen.get(ADDRESS_HEADER, ""), answered.get("set-cookie", ""))


def test_a_browser_keeps_the_id_that_it_was_given(shared: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = ask()
    assert first.cookie.startswith(f"{first.browser}.")
    assert all(flag in first.set_cookie for flag in ("HttpOnly", "SameSite=Lax", "Path=/"))
    again = ask(first.cookie)
    assert (again.browser, again.set_cookie) == (first.browser, "")
    assert ask(first.cookie, kind="websocket").browser == first.browser
    assert ask().browser != first.browser
    assert (tmp_path / SECRET_FILE).stat().st_mode & 0o077 == 0, "others on the machine can sign cookies"
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]


def test_nobody_is_somebody_by_making_it_up(shared: pytest.MonkeyPatch) -> None:
    known = ask().cookie
    who, signature = known.split(".")
    other = new_browser_id()
    for forged in (
        who,
        f"{who}.",
        f"{other}.{signature}",
        f"{who}.{signature[:-1]}x",
        "é.é",
        f".{signature}",
    ):
        seen = ask(forged)
        assert seen.browser not in ("", who, other), forged
        assert seen.cookie != forged
    sent = {BROWSER_HEADER: who, ADDRESS_HEADER: "1.2.3.4", "x_forwarded_for": "1.2.3.4"}
    seen = ask(**sent)
    assert seen.browser != who
    assert seen.address == "203.0.113.9"
    shared.setenv(PROXIES, "203.0.113.0/24")
    assert ask(**sent).address == "1.2.3.4"


def test_two_servers_with_one_secret_know_each_others_visitors(
    shared: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared.setenv(COOKIE_SECRET, "a secret of sixteen characters")
    first = ask()
    shared.setenv(HOME, str(tmp_path / "another"))
    assert ask(first.cookie).browser == first.browser


def test_at_home_a_browser_of_an_earlier_version_stays_whose_runs_are_its_own(
    shared: pytest.MonkeyPatch,
) -> None:
    shared.setenv(SHARED, "0")
    who = new_browser_id()
    seen = ask(who)
    assert seen.browser == who
    assert seen.cookie.startswith(f"{who}.")
