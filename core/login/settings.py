"""How people sign in, as the operator has set it: one TOML file, which NABLASCOPE_LOGIN names.

docs/login.md has every key. Secrets need not stand in the file: it can name a variable of the environment,
or another file, that has them.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from core.errors import InvalidRequest
from core.operator_settings import operator_settings, variable

Value = TypeVar("Value")

# What the file may hold; a key of another name would set nothing, and so is refused.
_TOP = ("url", "required", "ask", "hours", "allow_domains", "roles", "providers")
_SECRET = ("client_secret", "client_secret_env", "client_secret_file")
_PROVIDER = (
    *("title", "issuer", "client_id", *_SECRET, "scope", "prompt"),
    *("groups_claim", "trust_email"),
)
ROLES = OPERATOR, TEACHER, MEMBER = ("operator", "teacher", "member")
BY_PROXY = "proxy"  # in the id of who was signed in by a proxy; no provider can have this name
MAX_HOURS = 24 * 30


@dataclass(frozen=True)
class Provider:
    """Who says who somebody is: an OpenID Connect provider, and how it knows this server."""

    key: str  # in addresses and in the ids of people
    title: str  # on its button
    issuer: str
    client_id: str
    client_secret: str
    scope: str = "openid email profile"
    prompt: str = "select_account"  # what it asks each time; empty for what it likes
    groups_claim: str = "groups"  # where an ID token has the groups; dots lead into it
    trust_email: bool = False  # also an address that the provider does not call verified

    @property
    def metadata_url(self) -> str:
        """Where it says how it is asked."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"


@dataclass(frozen=True)
class LoginSettings:
    """What the operator has set; without providers and a header there is no login."""

    providers: tuple[Provider, ...] = ()
    url: str = ""  # under which people open this server; without a slash at the end
    required: bool = True  # else who has not signed in may look, and start runs as without a login
    ask: str = ""  # whom to ask, in words, for who is not allowed
    hours: float = 12.0  # how long one stays signed in
    allow_domains: frozenset[str] = frozenset()  # of e-mail addresses
    groups: Mapping[str, frozenset[str]] | None = None  # names of groups by the role that they give
    user_header: str = ""  # in which a trusted proxy says who somebody is

    @property
    def has_login(self) -> bool:
        """Whether anybody can sign in."""
        return bool(self.providers or self.user_header)

    @property
    def is_https(self) -> bool:
        """Whether cookies may be kept to encrypted connections."""
        return self.url.startswith("https://")

    @property
    def known_groups(self) -> frozenset[str]:
        """The groups that give a role: no other is kept of a person."""
        return frozenset().union(*(self.groups or {}).values())

    def groups_of(self, role: str) -> frozenset[str]:
        """The groups whose people have this role."""
        return (self.groups or {}).get(role, frozenset())

    def provider(self, key: str) -> Provider | None:
        """The provider of this name."""
        return next((one for one in self.providers if one.key == key), None)


def login_settings(environment: Mapping[str, str] = os.environ) -> LoginSettings:
    """The settings as they are now. Raises InvalidRequest for half of a configuration, or a wrong one."""
    known = operator_settings(environment)
    header = known.user_header.strip().lower()
    if header and not re.fullmatch(r"[a-z0-9-]{1,60}", header):
        raise InvalidRequest(
            f"{variable('user_header')} is {header[:60]!r}; it must be a header's name: letters, digits, '-'."
        )
    if header and not known.trusted_proxies.strip():
        raise InvalidRequest(
            f"{variable('user_header')} needs {variable('trusted_proxies')}: else anybody could send that "
            "header."
        )
    if not known.login:
        return LoginSettings(user_header=header)
    return _settings(_read(known.login), Path(known.login).parent, environment, header)


def _read(name: str) -> dict[str, Any]:
    try:
        file = Path(name).expanduser()
        return _parsed(str(file), file.stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{variable('login')} names {name!r}, which cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest(f"{variable('login')} names {name!r}, which is no TOML: {error}.") from None


@lru_cache(maxsize=4)
def _parsed(file: str, _changed_ns: int) -> dict[str, Any]:
    return tomllib.loads(Path(file).read_text("utf-8"))


def _settings(
    given: Mapping[str, Any], folder: Path, environment: Mapping[str, str], header: str
) -> LoginSettings:
    _check_keys("", given, _TOP)
    hours = _number(given.get("hours", LoginSettings.hours))
    tables = _table(given.get("providers", {}), "providers")
    if BY_PROXY in tables:
        raise InvalidRequest(f"The login's file calls a provider {BY_PROXY!r}; it must have another name.")
    providers = tuple(_provider(key, table, folder, environment) for key, table in tables.items())
    if not providers and not header:
        raise InvalidRequest("The login's file has no [providers.NAME]; at least one is needed.")
    url = _text(given, "url", "").rstrip("/")
    if providers:
        _check_address("url", url)
    groups = _table(given.get("roles", {}), "roles")
    _check_keys("roles.", groups, ROLES)
    return LoginSettings(
        providers=providers,
        url=url,
        required=_truth(given, "required", True),
        ask=_text(given, "ask", ""),
        hours=hours,
        allow_domains=frozenset(name.lower().lstrip("@") for name in _texts(given, "allow_domains")),
        groups={role: frozenset(_texts(groups, role)) for role in groups},
        user_header=header,
    )


def _provider(key: str, given: Any, folder: Path, environment: Mapping[str, str]) -> Provider:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", key):
        raise InvalidRequest(
            f"The login's file calls a provider {key[:40]!r}; a name has small letters, digits and '-' alone."
        )
    place = f"providers.{key}"
    table = _table(given, place)
    _check_keys(f"{place}.", table, _PROVIDER)
    missing = [name for name in ("issuer", "client_id") if not _text(table, name, "", place)]
    if missing:
        raise InvalidRequest(f"The login's file lacks {place}.{missing[0]}.")
    _check_address(f"{place}.issuer", str(table["issuer"]))
    defaults = {name: getattr(Provider, name) for name in ("scope", "prompt", "groups_claim")}
    texts = {name: _text(table, name, default, place) for name, default in defaults.items()}
    if "openid" not in texts["scope"].split():
        raise InvalidRequest(f"{place}.scope of the login's file is {texts['scope']!r}; it must have openid.")
    return Provider(
        key=key,
        title=_text(table, "title", key, place),
        issuer=str(table["issuer"]),
        client_id=str(table["client_id"]),
        client_secret=_secret(place, table, folder, environment),
        trust_email=_truth(table, "trust_email", False, place),
        **texts,
    )


def _secret(place: str, table: Mapping[str, Any], folder: Path, environment: Mapping[str, str]) -> str:
    given = [name for name in _SECRET if name in table]
    if len(given) != 1:
        raise InvalidRequest(
            f"The login's file has {len(given)} secrets of {place}; it needs one of {', '.join(_SECRET)}."
        )
    name, text = given[0], _text(table, given[0], "", place)
    found = text
    if name == "client_secret_env":
        found = environment.get(text, "")
    elif name == "client_secret_file":
        try:
            found = (folder / text).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidRequest(f"{place}.{name} names {text!r}, which cannot be read: {error}.") from None
    if not found:
        raise InvalidRequest(f"{place}.{name} of the login's file gives no secret.")
    return found


def _check_keys(place: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in given:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {place}{near[0]}?" if near else f"choose from {', '.join(known)}."
            raise InvalidRequest(f"The login's file has {place}{key[:40]}, which is no setting; {hint}")


def _check_address(what: str, url: str) -> None:
    """Cookies and codes go there: unencrypted only where they do not leave the machine."""
    try:
        parts = urlsplit(url)
        local = parts.hostname == "localhost" or _is_loopback(parts.hostname or "")
        valid = bool(parts.hostname) and not (parts.query or parts.fragment or parts.username)
        valid &= parts.scheme == "https" or (parts.scheme == "http" and local)
    except ValueError:
        valid = False
    if not valid:
        raise InvalidRequest(
            f"{what} of the login's file is {url[:80]!r}; it must begin with https://, or with http:// for "
            "this machine alone."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _table(given: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidRequest(f"{place} of the login's file must be a table, [{place}.NAME] or [{place}].")
    return given


def _text(given: Mapping[str, Any], key: str, default: str, place: str = "") -> str:
    return _of_type(str, "a text", given, key, default, place)


def _texts(given: Mapping[str, Any], key: str) -> list[str]:
    texts = given.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
        raise InvalidRequest(f"{key} of the login's file is {texts!r}; it must be a list of texts.")
    return texts


def _truth(given: Mapping[str, Any], key: str, default: bool, place: str = "") -> bool:
    return _of_type(bool, "true or false", given, key, default, place)


def _of_type(
    kind: type[Value], what: str, given: Mapping[str, Any], key: str, default: Value, place: str
) -> Value:
    value = given.get(key, default)
    if not isinstance(value, kind):
        raise InvalidRequest(
            f"{place or 'the top'}: {key} of the login's file is {value!r}; it must be {what}."
        )
    return value


def _number(hours: Any) -> float:
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= MAX_HOURS:
        raise InvalidRequest(
            f"hours of the login's file is {hours!r}; it must be above 0 and at most {MAX_HOURS}."
        )
    return float(hours)
