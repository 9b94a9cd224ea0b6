"""Who looks at a page, and what that person may do with a run."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

import streamlit as st

from core.runs.quota import NO_QUOTA, Owner, Quota
from core.sharing import Sharing, sharing

# By this cookie, which the server gives to each browser, a person finds the runs that were started in it.
BROWSER_COOKIE = "nablascope_browser"
# What the server's middleware says of a connection, in place of what anybody may have sent.
BROWSER_HEADER, ADDRESS_HEADER = "x-nablascope-browser", "x-nablascope-address"


@dataclass(frozen=True)
class Visitor:
    """The person at the browser."""

    owner: Owner
    is_operator: bool = False

    def owns(self, owner_id: str | None) -> bool:
        """Whether a run of this owner is the visitor's to stop, change, resume, export and delete.

        On a server that is not shared everybody may, but rename and delete: those are left to the browser
        that started it.
        """
        return self.is_operator or owner_id == self.owner.id or (owner_id is None and not is_shared())

    def sees_all(self) -> bool:
        """Whether lists show the runs of everybody."""
        return self.is_operator or not is_shared()

    def controls(self, owner_id: str | None) -> bool:
        """Whether the visitor may do more with a run of this owner than look at it."""
        return not is_shared() or self.owns(owner_id)


def settings() -> Sharing:
    """What the operator has set. Raises InvalidRequest for what is not possible."""
    return sharing()


def is_shared() -> bool:
    """Whether several people share this server, so that runs are private and limited."""
    return settings().shared


def quota() -> Quota:
    """How many open runs each visitor may have."""
    known = settings()
    return Quota(known.max_open, known.max_open_of_address) if known.shared else NO_QUOTA


def visitor() -> Visitor:
    """Who this is: the browser, as the server's middleware has verified its cookie.

    The one place that says so; a login's subject belongs here, in front of the browser's id.
    """
    browser = st.context.headers.get(BROWSER_HEADER)
    if not is_browser_id(browser):  # not behind the middleware
        browser = str(st.session_state.setdefault(BROWSER_COOKIE, new_browser_id()))
    owner = Owner(str(browser), st.context.headers.get(ADDRESS_HEADER))
    return Visitor(owner, owner.id in settings().operators)


def new_browser_id() -> str:
    """96 random bits."""
    return secrets.token_urlsafe(12)


def is_browser_id(text: object) -> bool:
    """Whether it is what new_browser_id() gives, not what somebody made up."""
    return isinstance(text, str) and re.fullmatch(r"[\w-]{16}", text, re.ASCII) is not None
