"""People sign in at a provider, in a real browser, and whatever goes wrong there is told in words."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dashboard.login.account import ENDED, REFUSALS
from dashboard.login.cookies import LOGIN_COOKIE
from tests.browser.app import RUN_LIMIT_MS, Server, wait_until_idle
from tests.login.conftest import MockProvider

pytestmark = pytest.mark.slow
expect.set_options(timeout=RUN_LIMIT_MS)

Person = Callable[..., Page]
TOP = """ask = "Ada, ada@example.org"
allow_domains = ["example.org"]
[roles]
operator = ["staff"]
teacher = ["teachers"]
"""


@pytest.fixture(scope="module")
def server(mock_provider: MockProvider, start_login: Callable[..., Server]) -> Server:
    return start_login(mock_provider.url, TOP)


def sign_in(page: Page) -> None:
    page.get_by_role("button", name="Sign in with School").click()
    page.get_by_test_id("stTopNavLink").or_(page.get_by_test_id("stAlert")).first.wait_for()
    wait_until_idle(page)


def account(page: Page) -> None:
    page.get_by_role("link", name="mia").click()
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
    wait_until_idle(page)


def cookie(page: Page) -> dict[str, object] | None:
    found = [one for one in page.context.cookies() if one["name"] == LOGIN_COOKIE]
    return dict(found[0]) if found else None


def test_a_stranger_sees_the_way_in_alone_and_comes_back_to_the_page(
    server: Server, provider: MockProvider, person: Person, shot: Callable[[Page, str], None]
) -> None:
    page = person(server, "curves?functions=relu")
    shot(page, "login-gate")
    expect(page.get_by_text("This server is open to people who have signed in")).to_be_visible()
    assert page.get_by_test_id("stTopNavLink").count() == 0
    for path in ("machine/now", "film/abc", "machine/readings.csv"):
        assert page.request.get(f"{server.url}/{path}").status == 401
    sign_in(page)
    assert page.url == f"{server.url}/curves?functions=relu"
    expect(page.get_by_role("heading", name="Curves")).to_be_visible()
    assert page.request.get(f"{server.url}/machine/now").status == 200
    kept = cookie(page)
    assert kept is not None
    assert kept["httpOnly"]
    assert kept["sameSite"] == "Lax"
    account(page)
    shot(page, "login-account")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("mia *Curie*")
    expect(main).to_contain_text("member")
    expect(main).to_contain_text("mock:mia")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("nonce", "failed"),
        ("expired", "failed"),
        ("issuer", "failed"),
        ("audience", "failed"),
        ("unsigned", "failed"),
        ("denied", "denied"),
        ("state", "late"),
        ("broken", "unreachable"),
    ],
)
def test_a_refused_sign_in_is_told_in_words(
    server: Server, provider: MockProvider, person: Person, fault: str, code: str
) -> None:
    page = person(server, "train")
    provider.says(fault=fault)
    sign_in(page)
    sentence = REFUSALS[code].format(ask="Ada, ada@example.org")
    expect(page.get_by_test_id("stAlert")).to_contain_text(sentence.replace("@", "@\u2060"))
    assert "sign_in=" not in page.url
    assert cookie(page) is None
    provider.says()
    sign_in(page)
    expect(page.get_by_role("link", name="mia")).to_be_visible()
