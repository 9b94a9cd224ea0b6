"""The two cookies: the key of who has signed in, and what a sign-in in progress must bring back."""

from __future__ import annotations

from typing import Any

import itsdangerous
from starlette.responses import Response

LOGIN_COOKIE, BEGUN_COOKIE = "nablascope_login", "nablascope_sign_in"
BEGUN_S = 900  # how long a person may take at the provider


class Cookies:
    """How they are written, for one base path; `secret` signs what is not a random key."""

    def __init__(self, secret: bytes, base: str, is_https: bool) -> None:
        self._signer = itsdangerous.URLSafeTimedSerializer(secret, salt="nablascope sign-in")
        self._base = base
        self._flags: dict[str, Any] = {"httponly": True, "samesite": "lax", "secure": is_https}

    def keep_login(self, answer: Response, key: str, seconds: float) -> None:
        """The key of who signed in."""
        answer.set_cookie(LOGIN_COOKIE, key, max_age=int(seconds), path=f"{self._base}/", **self._flags)

    def forget_login(self, answer: Response) -> None:
        """Of who signed out."""
        answer.delete_cookie(LOGIN_COOKIE, path=f"{self._base}/", **self._flags)

    def keep_begun(self, answer: Response, kept: dict[str, Any]) -> None:
        """What the browser must bring back from the provider; it goes to the routes of signing in alone."""
        text = self._signer.dumps(kept)
        answer.set_cookie(BEGUN_COOKIE, str(text), max_age=BEGUN_S, path=f"{self._base}/login", **self._flags)

    def forget_begun(self, answer: Response) -> None:
        """It serves once."""
        answer.delete_cookie(BEGUN_COOKIE, path=f"{self._base}/login", **self._flags)

    def begun(self, text: str) -> dict[str, Any]:
        """What was kept; nothing where it is forged or too old."""
        try:
            kept = self._signer.loads(text, max_age=BEGUN_S)
        except itsdangerous.BadData:
            return {}
        return kept if isinstance(kept, dict) else {}
