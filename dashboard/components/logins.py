"""Who has signed in at a connection, as the database has it now: a login ends in all tabs at once."""

from __future__ import annotations

import threading
import time

from core.errors import InvalidRequest
from core.runs.hosting import logins
from core.runs.hosting.logins import Login
from dashboard.components.runner import runner

# What the server's middleware says of a connection, in place of what anybody may have sent: the login that
# its cookie is the key of, and whom a trusted proxy names.
LOGIN_HEADER, USER_HEADER = "x-nablascope-login", "x-nablascope-user"

# Set once that middleware stands in front of the pages: else these headers are anybody's.
IN_FRONT = threading.Event()

KEPT_S = 1.0  # for so long one look serves all that a page asks; another server's end of a login comes later
MAX_KEPT = 10_000

_kept: dict[str, tuple[float, Login | None]] = {}


def login_of(login_id: str) -> Login | None:
    """The login of this id, also where it has expired; none where the database cannot be read."""
    moment = time.monotonic()
    at, login = _kept.get(login_id, (-KEPT_S, None))
    if moment - at < KEPT_S:
        return login
    try:
        login = logins.find(runner().store, login_id)
    except (InvalidRequest, OSError):
        return None
    if len(_kept) >= MAX_KEPT:
        _kept.clear()
    _kept[login_id] = (moment, login)
    return login


def end(login_id: str) -> None:
    """Sign out, in all tabs."""
    logins.sign_out(runner().store, login_id)
    _kept.pop(login_id, None)
