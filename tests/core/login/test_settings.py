"""The operator's file of the login: what it gives, and that half of it, or a misspelt key, starts nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import InvalidRequest
from core.login.settings import LoginSettings, login_settings
from core.operator_settings import variable
from core.sharing import sharing

LOGIN, HEADER, PROXIES = map(variable, ("login", "user_header", "trusted_proxies"))
FILE = """
url = "https://lab.example.org/nabla/"
ask = "Ada"
hours = 8
allow_domains = ["@Example.org"]

[roles]
operator = ["staff"]

[providers.google]
issuer = "https://accounts.google.com"
client_id = "1"
client_secret_env = "GOOGLE"

[providers.school]
title = "The school"
issuer = "https://id.example.org/realms/school"
client_id = "2"
client_secret_file = "school.secret"
groups_claim = "realm_access.roles"
"""


def read(folder: Path, text: str = FILE, **environment: str) -> LoginSettings:
    (folder / "school.secret").write_text("from a file\n")
    (folder / "login.toml").write_text(text)
    login_settings.__globals__["_parsed"].cache_clear()  # two writes within one tick of the clock
    return login_settings({LOGIN: str(folder / "login.toml"), "GOOGLE": "from the environment"} | environment)


def test_several_providers_with_secrets_that_do_not_stand_in_the_file(tmp_path: Path) -> None:
    known = read(tmp_path)
    google, school = known.providers
    assert (google.client_secret, school.client_secret) == ("from the environment", "from a file")
    assert (google.title, school.title) == ("google", "The school")
    assert school.metadata_url == "https://id.example.org/realms/school/.well-known/openid-configuration"
    assert (known.url, known.hours, known.required) == ("https://lab.example.org/nabla", 8, True)
    assert known.allow_domains == {"example.org"}
    assert known.is_https
    assert known.known_groups == {"staff"}


def test_without_a_file_nothing_changes() -> None:
    assert login_settings({}) == LoginSettings()
    assert not LoginSettings().has_login
    assert not sharing({}).shared
    assert sharing({LOGIN: "login.toml"}).shared, "who signs in has runs of their own"


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ("hours", "hour", "did you mean hours?"),
        ("hours = 8", "hours = 0", "above 0"),
        ("[providers.google]", "[providers.goo_gle]", "small letters, digits and '-'"),
        ("[providers.google]", "[providers.proxy]", "another name"),
        ('client_id = "1"', "", "lacks providers.google.client_id"),
        ('client_secret_env = "GOOGLE"', "", "0 secrets"),
        ('client_secret_env = "GOOGLE"', 'client_secret_env = "NOT_SET"', "gives no secret"),
        ('"school.secret"', '"missing"', "cannot be read"),
        ("https://lab", "http://lab", "must begin with https://"),
        ("https://accounts", "http://accounts", "must begin with https://"),
        ("https://lab.example.org/nabla/", "https://me:pw@lab.example.org", "must begin with https://"),
        ("https://lab.example.org/nabla/", "", "must begin with https://"),
        ("operator =", "boss =", "choose from operator, teacher, member"),
        ('["@Example.org"]', '"example.org"', "list of texts"),
        ("ask = ", "required = ", "must be true or false"),
        ("ask = ", "ask ? ", "no TOML"),
    ],
)
def test_half_a_configuration_is_refused_in_a_sentence(tmp_path: Path, was: str, now: str, says: str) -> None:
    assert was in FILE
    with pytest.raises(InvalidRequest, match="(?s)" + says.replace("?", r"\?")):
        read(tmp_path, FILE.replace(was, now))


def test_a_file_that_is_not_there_or_names_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read"):
        login_settings({LOGIN: str(tmp_path / "none.toml")})
    with pytest.raises(InvalidRequest, match="at least one is needed"):
        read(tmp_path, 'url = "https://lab.example.org"')


def test_a_proxys_header_needs_proxies_that_are_trusted(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="else anybody could send"):
        login_settings({HEADER: "X-Forwarded-User"})
    with pytest.raises(InvalidRequest, match="a header's name"):
        login_settings({HEADER: "X User", PROXIES: "10.0.0.1"})
    known = read(tmp_path, 'allow_domains = ["example.org"]', **{HEADER: "X-User", PROXIES: "10.0.0.1"})
    assert (known.user_header, known.providers, known.has_login) == ("x-user", (), True)
