"""A person as a provider describes them, and what that gives: a role, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidRequest
from core.login.settings import BY_PROXY, MEMBER, OPERATOR, ROLES, LoginSettings, Provider

MAX_SUBJECT = 255  # characters, as OpenID Connect has it
MAX_NAME = 80


@dataclass(frozen=True)
class Person:
    """Who signed in. email: only where the provider vouches for it."""

    provider: str
    subject: str
    name: str
    email: str | None = None
    groups: frozenset[str] = frozenset()  # of those that give a role

    @property
    def id(self) -> str:
        """What the runs of this person carry: nobody else has it, at no provider, and no browser."""
        return f"{self.provider}:{self.subject}"


def person_of(provider: Provider, claims: Mapping[str, Any], settings: LoginSettings) -> Person:
    """The person that an ID token describes. Raises InvalidRequest where it describes none."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
        raise InvalidRequest("The provider's answer has no subject.")
    email = claims.get("email")
    vouched = claims.get("email_verified") in (True, "true") or provider.trust_email
    names = (claims.get(name) for name in ("name", "preferred_username", "nickname", "email"))
    name = next((name for name in names if isinstance(name, str) and name.strip()), subject)
    return Person(
        provider.key,
        subject,
        " ".join(name.split())[:MAX_NAME],
        email.lower() if isinstance(email, str) and vouched else None,
        groups_in(claims, provider.groups_claim) & settings.known_groups,
    )


def person_of_header(text: str) -> Person | None:
    """The person that a trusted proxy names, by an e-mail address or another name."""
    name = text.strip()
    if not 0 < len(name) <= MAX_SUBJECT or not name.isprintable():
        return None
    return Person(BY_PROXY, name, name[:MAX_NAME], name.lower() if "@" in name else None)


def groups_in(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """The groups at this place; none where it is not there, or is something else."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    return frozenset(one for one in found if isinstance(one, str)) if isinstance(found, list) else frozenset()


def role_of(person: Person, settings: LoginSettings, operators: frozenset[str] = frozenset()) -> str | None:
    """The most that this person may be; None for who is not allowed in.

    operators: ids of people who are, whatever their groups. Where neither domains nor groups of members are
    set, whoever can sign in is a member.
    """
    if person.id in operators:
        return OPERATOR
    for role in ROLES:
        if person.groups & settings.groups_of(role):
            return role
    if not settings.allow_domains and not settings.groups_of(MEMBER):
        return MEMBER
    domain = (person.email or "").rpartition("@")[2]
    return MEMBER if domain and domain in settings.allow_domains else None
