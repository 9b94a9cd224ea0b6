"""People sign in at a provider, in a real browser, and whatever goes wrong there is explained."""

from __future__ import annotations

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
    page.get_by_role("link", name="mia").or_(page.get_by_test_id("stAlert")).first.wait_for()
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


def test_two_hundred_groups_are_survived_and_give_a_role(
    server: Server, provider: MockProvider, person: Person
) -> None:
    provider.says(groups="200", group="teachers")
    page = person(server)
    sign_in(page)
    page.reload()
    wait_until_idle(page)
    account(page)
    expect(page.get_by_test_id("stMain")).to_contain_text("teacher")
    kept = page.context.cookies()
    assert sum(len(str(one["name"])) + len(str(one["value"])) for one in kept) < 1000
    expect(page.get_by_role("link", name="Server")).to_be_visible()


def test_who_is_not_on_the_list_reads_whom_to_ask_and_nothing_else(
    server: Server, provider: MockProvider, person: Person, shot: Callable[[Page, str], None]
) -> None:
    for stranger in (
        {"email": "eve@elsewhere.net"},
        {"email": "eve@example.org", "verified": "false"},
        {"email": "eve@example.org", "verified": ""},
        {"email": "eve@example.org.elsewhere.net"},
    ):
        page = person(server, "runs")
        provider.says(sub="eve", **stranger)
        sign_in(page)
        expect(page.get_by_test_id("stAlert")).to_contain_text("not open to your account. Ask Ada")
        assert page.get_by_test_id("stTopNavLink").count() == 0
        assert cookie(page) is None
    shot(page, "login-not-allowed")


def test_a_sign_out_ends_all_tabs_and_an_old_tab_says_what_has_changed(
    server: Server, provider: MockProvider, person: Person, shot: Callable[[Page, str], None]
) -> None:
    page = person(server, "curves")
    second, untouched = page.context.new_page(), page.context.new_page()
    second.goto(f"{server.url}/catalogue")
    wait_until_idle(second)
    sign_in(page)
    second.goto(f"{server.url}/catalogue")
    wait_until_idle(second)
    expect(second.get_by_role("heading", name="Catalogue")).to_be_visible()
    untouched.goto(f"{server.url}/layers")
    expect(untouched.get_by_role("heading", name="Layers")).to_be_visible()
    account(page)
    key = cookie(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("This server is open to people who have signed in")).to_be_visible()
    assert cookie(page) is None
    # The other tab has its connection still; whatever it does next is nobody's.
    second.get_by_role("textbox").first.fill("tanh")
    second.get_by_role("textbox").first.press("Enter")
    expect(second.get_by_test_id("stAlert")).to_contain_text(ENDED["signed out"])
    expect(second.get_by_role("heading", name="Catalogue")).to_have_count(0)
    shot(second, "login-signed-out")
    # Nor does the cookie help whoever kept a copy of it.
    assert key is not None
    thief = {"cookie": f"{LOGIN_COOKIE}={key['value']}"}
    assert page.request.get(f"{server.url}/machine/now", headers=thief).status == 401
    # A tab that nobody touches closes itself within half a minute.
    expect(untouched.get_by_test_id("stAlert")).to_contain_text(ENDED["signed out"])
    expect(untouched.get_by_role("heading", name="Layers")).to_have_count(0)
    second.get_by_role("button", name="Reload this page").click()
    expect(second.get_by_text("This server is open to people who have signed in")).to_be_visible()


def test_an_address_alone_signs_nobody_out_and_leads_nowhere_else(
    server: Server, provider: MockProvider, person: Person
) -> None:
    page = person(server)
    sign_in(page)
    page.goto(f"{server.url}/logout/mock")
    wait_until_idle(page)
    expect(page.get_by_role("link", name="mia")).to_be_visible()
    for to in (
        "//127.0.0.1:1/",
        "https://127.0.0.1:1",
        "/\\127.0.0.1:1",
        "%2f%2f127.0.0.1:1",
        "a@127.0.0.1:1",
    ):
        page.goto(f"{server.url}/login/mock?to={to}")
        wait_until_idle(page)
        assert page.url.startswith(server.url + "/"), to
    # An answer that this browser has not asked for is worth nothing, and does not disturb who is in.
    page.goto(f"{server.url}/login/mock/callback?code=1&state=2")
    wait_until_idle(page)
    expect(page.get_by_role("link", name="mia")).to_be_visible()


def test_a_sign_in_expires_in_words(
    start_login: Callable[..., Server], provider: MockProvider, person: Person
) -> None:
    server = start_login(provider.url, "hours = 0.01")  # 36 s
    page = person(server, "curves")
    sign_in(page)
    expect(page.get_by_role("heading", name="Curves")).to_be_visible()
    expect(page.get_by_test_id("stAlert")).to_contain_text(ENDED["expired"])  # without a click
    expect(page.get_by_role("heading", name="Curves")).to_have_count(0)
    expect(page.get_by_role("button", name="Sign in with School")).to_be_visible()


def test_guests_may_look_where_the_operator_says_so_and_their_runs_can_be_taken_over(
    start_login: Callable[..., Server],
    provider: MockProvider,
    person: Person,
    shot: Callable[[Page, str], None],
) -> None:
    server = start_login(provider.url, TOP.replace("ask", "required = false\nask"))
    page = person(server, "train?epochs=2")
    early = page.context.new_page()
    early.goto(f"{server.url}/curves")
    wait_until_idle(early)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Finished")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    provider.says(group="staff")
    sign_in(page)
    wait_until_idle(page)
    assert "/train?" in page.url, "back at the page before"
    expect(page.get_by_text("This run is somebody else’s")).to_have_count(0)  # an operator's, too
    account(page)
    expect(page.get_by_test_id("stMain")).to_contain_text("operator")
    expect(page.get_by_text("A run was started in this browser")).to_be_visible()
    shot(page, "login-take-over")
    page.get_by_role("button", name="Add to my runs").click()
    expect(page.get_by_text("A run was started in this browser")).to_have_count(0)
    early.get_by_role("link", name="Runs").click()
    expect(early.get_by_text("You have signed in in another tab")).to_be_visible()
    early.get_by_role("button", name="Reload this page").click()
    expect(early.get_by_role("link", name="mia")).to_be_visible()


def test_an_operator_sees_who_runs_what_and_everybody_reads_what_is_said(
    start_login: Callable[..., Server],
    provider: MockProvider,
    person: Person,
    shot: Callable[[Page, str], None],
) -> None:
    server = start_login(provider.url, TOP)
    member = person(server, "train?epochs=10000&engine=eager", width=390, color_scheme="dark")
    sign_in(member)
    member.get_by_role("button", name="Start").click()
    expect(member.get_by_text("play_arrow Running")).to_be_visible()
    provider.says(sub="ada", group="staff")
    operator = person(server)
    operator.get_by_role("button", name="Sign in with School").click()
    operator.get_by_role("link", name="Server").click()
    expect(operator.get_by_text("Ready: the store can be written")).to_be_visible()
    wait_until_idle(operator)
    main = operator.get_by_test_id("stMain")
    expect(main.get_by_test_id("stDataFrame").first).to_be_visible()
    operator.get_by_role("textbox").fill("The server restarts at 18:00.")
    operator.get_by_role("button", name="Publish").click()
    operator.get_by_role("button", name="Drain: no new run starts").click()
    expect(main).to_contain_text("The server restarts at 18:00.")
    expect(main).to_contain_text("being drained")
    wait_until_idle(operator)
    for name, size, scheme in (("1440-light", (1440, 1500), "light"), ("390-dark", (390, 2400), "dark")):
        operator.set_viewport_size({"width": size[0], "height": size[1]})
        operator.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        wait_until_idle(operator)
        shot(operator, f"operator-{name}")
    # The page of a member, whose run continues, says both without a click.
    expect(member.get_by_text("The server restarts at 18:00.")).to_be_visible()
    expect(member.get_by_text("play_arrow Running")).to_be_visible()
    shot(member, "member-390-dark")
    member.get_by_role("button", name="Stop").click()
    member.get_by_role("button", name="Start again").click()
    expect(member.get_by_text("no new run starts").nth(1)).to_be_visible()
    assert "stServerError" not in member.content()
    member.goto(f"{server.url}/operator")
    expect(member.get_by_text("This page is for the operators and teachers")).to_be_visible()
