"""A sign-in from the button to the cookie, and what an attacker can make of its routes: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette

from core.login.settings import LoginSettings
from core.login.settings import Provider as Entry
from core.operator_settings import variable
from core.runs.hosting import logins
from core.runs.store import RunStore
from dashboard.components.visitor import BROWSER_HEADER
from dashboard.login.cookies import BEGUN_COOKIE, LOGIN_COOKIE
from dashboard.login.routes import routes
from tests.dashboard.login import provider as providers
from tests.dashboard.server.asgi import Answer, ask

URL = "https://lab.example.org"
HOST = "lab.example.org"
MIA = {"sub": "42", "name": "Mia", "email": "mia@example.org", "email_verified": True}


class Visit:
    """A browser that follows a sign-in, with the provider's part played by hand."""

    def __init__(self, store: RunStore, provider: providers.Provider) -> None:
        self.store, self.provider = store, provider
        entry = Entry("school", "School", provider.url, providers.CLIENT, "secret")
        known = LoginSettings(providers=(entry,), url=URL, allow_domains=frozenset({"example.org"}))
        self.app = Starlette(routes=routes(known, lambda: b"s" * 32, lambda: store))
        self.cookies: dict[str, str] = {}
        self.state = ""

    def get(self, path: str, host: str = HOST) -> Answer:
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        path, _, query = path.partition("?")
        headers = {"host": host, BROWSER_HEADER: "b" * 16} | ({"cookie": jar} if jar else {})
        answer = ask(self.app, path, query=query, **headers)
        for said in answer.set_cookies:
            for name, morsel in SimpleCookie(said).items():
                self.cookies[name] = morsel.value
        return answer

    def begin(self, to: str = "") -> Answer:
        answer = self.get(f"/login/school?to={to}")
        asked = parse_qs(urlsplit(answer.headers["location"]).query)
        self.state, self.provider.nonce = asked["state"][0], asked["nonce"][0]
        return answer

    def finish(self, query: str = "code=c") -> Answer:
        return self.get(f"/login/school/callback?{query}&state={self.state}")

    def login(self) -> logins.Login | None:
        return logins.find(self.store, logins.id_of(self.cookies.get(LOGIN_COOKIE, "")))


@pytest.fixture(scope="module")
def provider() -> Iterator[providers.Provider]:
    with providers.running() as running:
        yield running


@pytest.fixture
def visit(provider: providers.Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    monkeypatch.setenv(variable("home"), str(tmp_path))
    provider.claims, provider.issuer = dict(MIA), provider.url
    store = RunStore(tmp_path / "runs.sqlite")
    yield Visit(store, provider)
    store.close()


def test_a_sign_in_ends_on_the_page_where_it_began_with_a_key_that_scripts_cannot_read(visit: Visit) -> None:
    begun = visit.begin("train%3Frun%3Dabc")
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert begun.headers["location"].startswith(f"{visit.provider.url}/authorize?")
    assert asked["redirect_uri"] == [f"{URL}/login/school/callback"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(flag in begun.set_cookies[0] for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/login"))
    done = visit.finish()
    assert (done.status, done.headers["location"]) == (302, "/train?run=abc")
    assert all(flag in done.set_cookies[0] for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/;"))
    assert "code_verifier" in visit.provider.asked[-1]
    login = visit.login()
    assert login is not None
    assert login.person.id == "school:42"


def code_of(answer: Answer) -> str:
    """Why it was refused, and that nobody is sent elsewhere."""
    place = urlsplit(answer.headers["location"])
    assert (answer.status, place.netloc, place.path[:1], place.path[:2] != "//") == (302, "", "/", True)
    return parse_qs(place.query).get("sign_in", [""])[0]


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"nonce": "another"}, "failed"),
        ({"iss": "https://elsewhere.example"}, "failed"),
        ({"aud": "another"}, "failed"),
        ({"exp": 1000}, "failed"),
        ({"sub": ""}, "failed"),
        ({"email": "mia@elsewhere.example"}, "not-allowed"),
        ({"email_verified": False}, "not-allowed"),
    ],
)
def test_an_answer_that_is_not_for_this_sign_in_signs_nobody_in(
    visit: Visit, claims: dict[str, object], code: str
) -> None:
    visit.begin("curves")
    visit.provider.claims |= claims
    answer = visit.finish()
    assert code_of(answer) == code
    assert urlsplit(answer.headers["location"]).path == "/curves"
    assert LOGIN_COOKIE not in visit.cookies


def test_a_key_that_is_not_the_providers_signs_nothing(visit: Visit) -> None:
    visit.begin()
    own = visit.provider.key
    visit.provider.key = type(own).generate_key("P-256", {"kid": "k", "alg": "ES256"})
    token = visit.provider.token()
    visit.provider.key = own
    visit.provider.token = lambda: token  # type: ignore[method-assign]
    try:
        assert code_of(visit.finish()) == "failed"
    finally:
        del visit.provider.token  # type: ignore[method-assign]
    assert LOGIN_COOKIE not in visit.cookies


def test_a_provider_that_refuses_or_is_another_or_is_gone_is_told_apart(visit: Visit) -> None:
    visit.begin()
    assert code_of(visit.finish("error=access_denied&error_description=%0d%0aSet-Cookie:x")) == "denied"
    visit.begin()
    assert code_of(visit.finish("error=temporarily_unavailable")) == "unreachable"
    visit.provider.issuer = "https://elsewhere.example"
    visit.__init__(visit.store, visit.provider)  # type: ignore[misc]
    assert code_of(visit.get("/login/school")) == "failed"
    gone = Visit(visit.store, providers.Provider(url="http://127.0.0.1:1"))
    assert code_of(gone.get("/login/school?to=curves")) == "unreachable"


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(visit: Visit) -> None:
    visit.begin()
    other = Visit(visit.store, visit.provider)
    other.state = visit.state
    assert code_of(other.finish()) == "late"
    other.cookies[BEGUN_COOKIE] = visit.cookies[BEGUN_COOKIE][:-2] + "xx"
    assert code_of(other.finish()) == "late"
    state, visit.state = visit.state, "forged"
    assert code_of(visit.finish()) == "late"
    visit.state = state
    visit.begin()
    assert visit.finish().headers["location"] == "/"
    assert code_of(visit.finish()) == "late", "its cookie is gone"


@pytest.mark.parametrize(
    "to",
    [
        "//elsewhere.example",
        "https://elsewhere.example",
        "%2F%2Felsewhere.example",
        "%5C%5Celsewhere.example",
        "@elsewhere.example",
        "x%0D%0ASet-Cookie:a=b",
        "x%3Fa%0Ab",
        ".elsewhere.example",
        "x/../../y",
    ],
)
def test_nobody_is_sent_elsewhere(visit: Visit, to: str) -> None:
    visit.begin(to)
    assert visit.finish().headers["location"] == "/"
    found = visit.get("/login/school", host="elsewhere.example").headers["location"]
    assert found.startswith(f"{URL}/login/school?"), "the provider's answer comes to this server's own name"


def test_who_signs_in_again_is_out_of_the_login_before(visit: Visit) -> None:
    visit.begin()
    visit.finish()
    first = visit.login()
    visit.begin()
    visit.provider.claims["sub"] = "43"
    visit.finish()
    second = visit.login()
    assert first is not None
    assert second is not None
    assert second.person.id == "school:43"
    assert logins.find(visit.store, first.id) is None


def test_an_unknown_provider_is_nowhere(visit: Visit) -> None:
    assert visit.get("/login/other").status == 404
    assert visit.get("/login/other/callback?code=1&state=2").status == 404
