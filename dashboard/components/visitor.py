"""Who looks at a page, and what that person may do with a run."""

from __future__ import annotations

import re
import secrets
import threading
import time
from dataclasses import dataclass
from urllib.parse import unquote

import streamlit as st

from core.errors import StoreUnavailable
from core.login.people import Person, person_of_header, role_of
from core.login.settings import BY_PROXY, OPERATOR, TEACHER, LoginSettings, login_settings
from core.runs.hosting import logins
from core.runs.hosting.logins import Login
from core.runs.quota import Owner
from dashboard.components.runner import is_shared, quota, runner, settings

__all__ = ["is_shared", "quota", "settings", "visitor"]

# By this cookie, which the server gives to each browser, a person finds the runs that were started in it.
BROWSER_COOKIE = "nablascope_browser"
# What the server's middleware says of a connection, in place of what anybody may have sent.
BROWSER_HEADER, ADDRESS_HEADER = "x-nablascope-browser", "x-nablascope-address"

# Why nobody has signed in where somebody had: it took too long, or another tab or an operator ended it, or
# the person may not come in (any more), or the database does not say now who it is.
EXPIRED, SIGNED_OUT, NOT_ALLOWED, UNREADABLE = "expired", "signed out", "not allowed", "unreadable"


# What the server's middleware says of a connection, in place of what anybody may have sent: the login that
# its cookie is the key of, and whom a trusted proxy names.
LOGIN_HEADER, USER_HEADER = "x-nablascope-login", "x-nablascope-user"

# Set once that middleware stands in front of the pages: else these headers are anybody's.
IN_FRONT = threading.Event()

KEPT_S = 1.0  # for so long one look serves all that a page asks; another server's end of a login comes later
MAX_KEPT = 10_000

_kept: dict[str, tuple[float, Login | None]] = {}


@dataclass(frozen=True)
class Visitor:
    """The person at the browser."""

    owner: Owner
    is_operator: bool = False
    is_teacher: bool = False  # sees all runs, and can stop them
    person: Person | None = None  # who signed in, and may
    browser: str = ""  # the id that the browser has, whoever signed in
    login: str | None = None  # the id of the login, where a provider gave it
    ended: str = ""  # one of these, or nothing

    def owns(self, owner_id: str | None) -> bool:
        """Whether a run of this owner is the visitor's to stop, change, resume, export and delete.

        On a server that is not shared everybody may, but rename and delete: those are left to the browser
        that started it.
        """
        return self.is_operator or owner_id == self.owner.id or (owner_id is None and not is_shared())

    def sees_all(self) -> bool:
        """Whether lists show the runs of everybody."""
        return self.is_operator or self.is_teacher or not is_shared()

    def controls(self, owner_id: str | None) -> bool:
        """Whether the visitor may do more with a run of this owner than look at it."""
        return not is_shared() or self.owns(owner_id)

    def may_stop(self, owner_id: str | None) -> bool:
        """Whether the visitor may end a run of this owner."""
        return self.is_teacher or self.controls(owner_id)


def visitor() -> Visitor:
    """Who this is: the person that signed in, else the browser, as the server's middleware has verified it.

    It is asked anew each time, so that a tab which is still open after a sign-out is nobody's.
    """
    headers = st.context.headers
    browser = headers.get(BROWSER_HEADER)
    login, user = headers.get(LOGIN_HEADER), headers.get(USER_HEADER)
    if not is_browser_id(browser):  # not behind the middleware
        state = st.session_state
        browser = str(state.setdefault(BROWSER_COOKIE, new_browser_id()))
        login, user = state.get(LOGIN_HEADER), None
    elif not IN_FRONT.is_set():  # main.py was started without app.py
        login = user = None
    address, operators = headers.get(ADDRESS_HEADER), settings().operators
    known = login_settings()
    person, ended = signed_in(known, login, user)
    role = role_of(person, known, operators) if person else None
    if person is None or role is None:
        owner = Owner(browser, address)
        ended = NOT_ALLOWED if person else ended
        return Visitor(owner, browser in operators, browser=str(browser), ended=ended)
    return Visitor(
        Owner(person.id, address),
        role == OPERATOR,
        role == TEACHER,
        person,
        str(browser),
        None if person.provider == BY_PROXY else login,
    )


def signed_in(known: LoginSettings, login_id: str | None, user: str | None) -> tuple[Person | None, str]:
    """The person of a connection, by what the middleware says of it, and else why there is none any more."""
    if user and known.user_header:
        return person_of_header(unquote(user)), ""
    if not login_id or not known.providers:
        return None, ""
    try:
        login = login_of(login_id)
    except StoreUnavailable:
        return None, UNREADABLE
    if login is None or known.provider(login.person.provider) is None:
        return None, SIGNED_OUT
    if login.has_expired(time.time()):
        return None, EXPIRED
    return login.person, ""


def login_of(login_id: str) -> Login | None:
    """The login of this id, also where it has expired.

    Where the database cannot be read it is the one that was read last: whoever had signed in keeps the page
    and what is in it. Raises StoreUnavailable where none was read before.
    """
    moment = time.monotonic()
    at, login = _kept.get(login_id, (-KEPT_S, None))
    if moment - at < KEPT_S:
        return login
    try:
        login = logins.find(runner().store, login_id)
    except StoreUnavailable:
        if login is None:
            raise
        return login
    if len(_kept) >= MAX_KEPT:
        _kept.clear()
    _kept[login_id] = (moment, login)
    return login


def owner_of_new_run() -> Owner:
    """Whose a run is that the visitor starts. Raises StoreUnavailable where it is not known who that is."""
    who = visitor()
    if who.ended == UNREADABLE:
        raise StoreUnavailable(UNREADABLE, "It cannot be read now who has signed in here.")
    return who.owner


def end_login(login_id: str) -> None:
    """Sign out, in all tabs."""
    logins.sign_out(runner().store, login_id)
    _kept.pop(login_id, None)


def new_browser_id() -> str:
    """96 random bits."""
    return secrets.token_urlsafe(12)


def is_browser_id(text: object) -> bool:
    """Whether it is what new_browser_id() gives, not what somebody made up."""
    return isinstance(text, str) and re.fullmatch(r"[\w-]{16}", text, re.ASCII) is not None
