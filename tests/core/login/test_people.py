"""Who may come in, and as what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.errors import InvalidRequest
from core.login.people import Person, person_of, person_of_header, role_of
from core.login.settings import LoginSettings, Provider

PROVIDER = Provider("school", "School", "https://id.example.org", "1", "secret")
KNOWN = LoginSettings(
    providers=(PROVIDER,),
    allow_domains=frozenset({"example.org"}),
    groups={"operator": frozenset({"admins"}), "teacher": frozenset({"staff"}), "member": frozenset({"7b"})},
)
MIA = {"sub": "42", "name": "Mia  Curie", "email": "Mia@Example.org", "email_verified": True}


def came(provider: Provider = PROVIDER, **claims: Any) -> Person:
    return person_of(provider, MIA | claims, KNOWN)


def test_a_person_is_who_the_provider_says_and_no_more_is_kept() -> None:
    mia = came(groups=["7b", "the choir", 3])
    assert mia == Person("school", "42", "Mia Curie", "mia@example.org", frozenset({"7b"}))
    assert mia.id == "school:42"
    assert came(name=None, preferred_username="mia").name == "mia"
    for subject in (None, "", 5, "x" * 256):
        with pytest.raises(InvalidRequest, match="no subject"):
            came(sub=subject)


def test_an_address_counts_only_where_the_provider_vouches_for_it() -> None:
    """Else whoever can type an address at the provider would be of that domain."""
    for unverified in (False, None, "false", 1.5):
        assert came(email_verified=unverified).email is None
        assert role_of(came(email_verified=unverified), KNOWN) is None
    trusting = replace(PROVIDER, trust_email=True)
    assert came(trusting, email_verified=None).email == "mia@example.org"


def test_roles_follow_from_groups_and_the_highest_counts() -> None:
    assert role_of(came(groups=["staff", "admins"]), KNOWN) == "operator"
    assert role_of(came(groups=["7b", "staff"]), KNOWN) == "teacher"
    assert role_of(came(email=None, groups="7b"), KNOWN) == "member"
    assert role_of(came(), KNOWN) == "member", "by the domain"
    assert role_of(came(email="mia@evil.net"), KNOWN) is None
    assert role_of(came(email="mia@evil-example.org"), KNOWN) is None
    assert role_of(came(email="mia@example.org@evil.net"), KNOWN) is None
    assert role_of(came(email=None), KNOWN, frozenset({"school:42"})) == "operator"
    assert role_of(came(email=None), LoginSettings(providers=(PROVIDER,))) == "member", "nobody is listed"


def test_groups_are_found_where_a_provider_has_them() -> None:
    keycloak = replace(PROVIDER, groups_claim="realm_access.roles")
    assert came(keycloak, realm_access={"roles": ["staff"]}).groups == {"staff"}
    named = replace(PROVIDER, groups_claim="https://example.org/groups")
    assert came(named, **{"https://example.org/groups": ["staff"]}).groups == {"staff"}
    for odd in (None, 3, {"a": 1}, [None]):
        assert came(keycloak, realm_access={"roles": odd}).groups == set()
        assert came(keycloak, realm_access=odd).groups == set()


def test_a_proxy_names_a_person_by_an_address_or_a_name() -> None:
    assert person_of_header(" ada@example.org ") == Person(
        "proxy", "ada@example.org", "ada@example.org", "ada@example.org"
    )
    assert person_of_header("ada").email is None  # type: ignore[union-attr]
    assert [person_of_header(text) for text in ("", " ", "a\nb", "x" * 256)] == [None] * 4
