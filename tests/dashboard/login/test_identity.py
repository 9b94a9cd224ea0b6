"""Whoever makes up to be somebody is nobody: a header, a cookie or a proxy's word has to be a true one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from core.login.people import Person
from core.login.settings import LoginSettings, Provider
from core.operator_settings import variable
from core.runs.hosting import logins
from core.sharing import sharing
from dashboard.components import visitor as visitors
from dashboard.components.runner import runner
from dashboard.components.visitor import LOGIN_HEADER, USER_HEADER
from dashboard.login.cookies import LOGIN_COOKIE
from dashboard.login.identity import SignedIn, is_trusted

HOME, PROXIES = variable("home"), variable("trusted_proxies")
PROVIDER = Provider("school", "School", "https://id.example.org", "1", "secret")
LOGIN = LoginSettings(providers=(PROVIDER,), url="https://lab.example.org")
BY_HEADER = LoginSettings(user_header="x-forwarded-user")
XSRF = "2|00000000|aabbccdd|1"  # as Streamlit writes it: masked with zeros


def ask(
    known: LoginSettings,
    path: str = "/",
    kind: str = "http",
    peer: tuple[str, int] | None = None,
    **headers: str,
) -> tuple[int, dict[str, str]]:
    """The status, and what a page saw."""
    seen: dict[str, str] = {}
    statuses = [200]

    async def page(scope: Scope, _receive: Receive, _send: Send) -> None:
        for name, value in scope["headers"]:
            assert name.decode() not in seen, "one voice alone"
            seen[name.decode()] = value.decode("latin-1")

    async def send(message: Message) -> None:
        statuses.append(message.get("status", statuses[-1]))

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "path": path, "headers": raw, "client": peer or ("203.0.113.9", 5000)}
    asyncio.run(SignedIn(page, known)(scope, receive, send))
    return statuses[-1], seen


@pytest.fixture
def key(own_runner: None) -> Iterator[str]:
    """Of a person who has signed in."""
    store = runner().store
    signed_in = logins.sign_in(store, Person("school", "42", "Mia"), hours=1)
    yield signed_in
    visitors.end_login(logins.id_of(signed_in))


def test_the_cookie_says_who_it_is_and_a_header_of_a_visitor_nothing() -> None:
    forged = {LOGIN_HEADER: "0" * 64, USER_HEADER: "ada"}
    assert ask(LOGIN, **forged) == (200, {})
    _, seen = ask(LOGIN, cookie=f"{LOGIN_COOKIE}=k", **forged)
    assert seen[LOGIN_HEADER] == logins.id_of("k")
    assert USER_HEADER not in seen
    assert LOGIN_HEADER not in ask(LoginSettings(), cookie=f"{LOGIN_COOKIE}=k", **forged)[1]


def test_a_websocket_of_another_sites_page_is_nobodys() -> None:
    cookies = f"{LOGIN_COOKIE}=k; _streamlit_xsrf={XSRF}"
    for token in ("", "streamlit", "streamlit, another", "streamlit, 2|00000000|00000000|1"):
        _, seen = ask(LOGIN, kind="websocket", cookie=cookies, sec_websocket_protocol=token)
        assert LOGIN_HEADER not in seen, token
    _, seen = ask(LOGIN, kind="websocket", cookie=cookies, sec_websocket_protocol=f"streamlit, {XSRF}")
    assert seen[LOGIN_HEADER] == logins.id_of("k")


def test_runs_and_readings_are_for_who_has_signed_in_as_long_as_that_lasts(key: str) -> None:
    mine = {"cookie": f"{LOGIN_COOKIE}={key}"}
    for path in ("/film/abc", "/machine/now"):
        assert ask(LOGIN, path)[0] == 401
        assert ask(LOGIN, path, cookie=f"{LOGIN_COOKIE}=made-up")[0] == 401
        assert ask(LOGIN, path, **{LOGIN_HEADER: logins.id_of(key)})[0] == 401
        assert ask(LOGIN, path, **mine)[0] == 200
        assert ask(LoginSettings(providers=(PROVIDER,), required=False), path)[0] == 200
        assert ask(LoginSettings(), path)[0] == 200
    assert ask(LOGIN, "/train")[0] == 200, "a page, which says where to sign in"
    elsewhere = LoginSettings(providers=(PROVIDER,), allow_domains=frozenset({"example.org"}))
    assert ask(elsewhere, "/film/abc", **mine)[0] == 401, "no longer on the list"
    visitors.end_login(logins.id_of(key))
    assert ask(LOGIN, "/film/abc", **mine)[0] == 401


def test_a_proxys_header_counts_from_a_trusted_proxy_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROXIES, "10.0.0.2")
    forged = {"x_forwarded_user": "ada@example.org", USER_HEADER: "ada@example.org"}
    status, seen = ask(BY_HEADER, "/film/abc", **forged)
    assert (status, seen) == (401, {})
    assert ask(BY_HEADER, **forged)[1] == {}, "dropped, so that no page can believe it"
    _, seen = ask(BY_HEADER, peer=("10.0.0.2", 5000), **forged)
    assert seen == {USER_HEADER: "ada%40example.org"}
    status, _ = ask(BY_HEADER, "/film/abc", peer=("10.0.0.2", 5000), **forged)
    assert status == 200


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "uvicorn", "trusted"),
    [
        (("10.0.0.2", 5000), "203.0.113.9", None, True),  # a proxy elsewhere
        (("203.0.113.9", 5000), "", None, False),  # a visitor who found the port
        (("203.0.113.9", 5000), "10.0.0.2", None, False),
        (("203.0.113.9", 0), "203.0.113.9", None, False),  # behind a proxy here, which is not trusted
        (("10.0.0.2", 0), "10.0.0.2", None, False),  # somebody on this machine who makes it up
        (("10.0.0.2", 999), "10.0.0.2:999", None, False),  # the same, with a port
        (("10.0.0.2", 999), "10.0.0.2:999", "*", False),  # uvicorn believes everybody
        (("10.0.0.2", 0), "10.0.0.2", "*", False),
        (("203.0.113.9", 0), "203.0.113.9", "10.0.0.2", True),  # uvicorn trusts the same proxy
        (("203.0.113.9", 999), "203.0.113.9:999", "10.0.0.2", False),  # looks like a visitor
        (("10.0.0.20", 5000), "203.0.113.9", None, False),
        (("::ffff:10.0.0.2", 5000), "203.0.113.9", None, True),
        (None, "", None, False),
    ],
)
def test_who_stands_for_a_proxy_is_told_whatever_uvicorn_has_put_in_its_place(
    peer: tuple[str, int] | None, forwarded_for: str, uvicorn: str | None, trusted: bool
) -> None:
    known = sharing({PROXIES: "10.0.0.2"})
    environment = {} if uvicorn is None else {"FORWARDED_ALLOW_IPS": uvicorn}
    assert is_trusted(peer, forwarded_for, known, environment) is trusted


def test_a_proxy_on_this_machine(tmp_path: Path) -> None:
    known = sharing({PROXIES: "127.0.0.1"})
    assert is_trusted(("203.0.113.9", 0), "203.0.113.9", known, {})
    assert not is_trusted(("203.0.113.9", 5000), "203.0.113.9", known, {})
    assert not is_trusted(("203.0.113.9", 5000), "203.0.113.9:5000", known, {})
