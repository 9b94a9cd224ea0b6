"""One sign-in at an OpenID Connect provider: where the browser is sent, and what its answer is worth.

Authlib does what the standards ask for: state, nonce, PKCE, the signature of the ID token, its issuer,
audience and time. Its imports are here alone, since the package is optional.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request

from core.errors import InvalidRequest
from core.login.people import Person, person_of
from core.login.settings import LoginSettings, Provider

NEEDED = ("authlib", "httpx2")
TIMEOUT_S = 10.0
LEEWAY_S = 120  # by which two clocks may differ
_ASYMMETRIC = ("RS", "PS", "ES", "Ed")  # how an ID token may be signed: nobody but the provider can do it

# Why a sign-in came to nothing: what an address says of it, and dashboard/login/account.py in words.
DENIED, TOO_LATE, FAILED, UNREACHABLE, NOT_ALLOWED = (
    "denied",
    "late",
    "failed",
    "unreachable",
    "not-allowed",
)
_CODES = dict.fromkeys(
    (
        "access_denied",
        "consent_required",
        "login_required",
        "interaction_required",
        "account_selection_required",
    ),
    DENIED,
) | dict.fromkeys(("temporarily_unavailable", "server_error"), UNREACHABLE)


class SignInFailed(Exception):
    """It came to nothing: for what reason, in one word, and for the log in more."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def check_installed(settings: LoginSettings) -> None:
    """Raise InvalidRequest where people are to sign in and the packages for it are missing."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if settings.providers and missing:
        raise InvalidRequest(
            f"NABLASCOPE_LOGIN is set, and {' and '.join(missing)} cannot be imported; pip install -r "
            'requirements-login.txt, or pip install ".[login]", brings what a login needs.'
        )


class Client:
    """This server as one provider knows it."""

    def __init__(self, provider: Provider, settings: LoginSettings) -> None:
        from authlib.integrations.starlette_client import OAuth

        self._provider, self._settings = provider, settings
        self.redirect_uri = f"{settings.url}/login/{provider.key}/callback"
        self._client = OAuth().register(
            provider.key,
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=provider.metadata_url,
            client_kwargs={"scope": provider.scope, "timeout": TIMEOUT_S},
        )

    async def begin(self, kept: dict[str, Any]) -> tuple[str, str]:
        """Where the browser is to go, and the state by which it comes back; `kept` gets what it must bring.

        Raises SignInFailed where the provider does not answer.
        """
        await self._metadata()
        asked = {"prompt": self._provider.prompt} if self._provider.prompt else {}
        begun = await self._client.create_authorization_url(self.redirect_uri, **asked)
        request = _request(kept)
        await self._client.save_authorize_data(request, redirect_uri=self.redirect_uri, **begun)
        return str(begun["url"]), str(begun["state"])

    async def finish(self, query: Mapping[str, str], kept: dict[str, Any]) -> Person:
        """Who came back. Raises SignInFailed."""
        if f"_state_{self._provider.key}_{query.get('state', '')}" not in kept:
            raise SignInFailed(TOO_LATE, "nothing is known of its state")
        if "error" in query:
            said = f"{query['error']}: {query.get('error_description', '')}"
            raise SignInFailed(_CODES.get(query["error"], FAILED), said)
        await self._metadata()
        try:
            token = await self._client.authorize_access_token(_request(kept, query), leeway=LEEWAY_S)
        except Exception as error:
            raise SignInFailed(_code_of(error), f"{type(error).__name__}: {error}") from error
        claims = token.get("userinfo")
        if not claims:
            raise SignInFailed(FAILED, "the answer has no ID token")
        try:
            return person_of(self._provider, claims, self._settings)
        except InvalidRequest as error:
            raise SignInFailed(FAILED, str(error)) from None

    async def end_address(self) -> str | None:
        """Where the browser is to go to sign out there as well, if the provider has such a place."""
        try:
            metadata = await self._metadata()
        except SignInFailed:
            return None
        place = metadata.get("end_session_endpoint")
        if not isinstance(place, str) or urlsplit(place).scheme not in ("http", "https"):
            return None
        query = {
            "client_id": self._provider.client_id,
            "post_logout_redirect_uri": f"{self._settings.url}/",
        }
        return f"{place}{'&' if '?' in place else '?'}{urlencode(query)}"

    async def _metadata(self) -> dict[str, Any]:
        """What the provider says of itself, asked once; it must be the provider that was meant."""
        try:
            found: dict[str, Any] = await self._client.load_server_metadata()
        except Exception as error:
            raise SignInFailed(UNREACHABLE, f"{type(error).__name__}: {error}") from error
        if found.get("issuer") != self._provider.issuer:
            raise SignInFailed(
                FAILED, f"it calls itself {found.get('issuer')!r}, and not {self._provider.issuer!r}"
            )
        signed_by = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        found["id_token_signing_alg_values_supported"] = [
            one for one in signed_by if isinstance(one, str) and one.startswith(_ASYMMETRIC)
        ]
        if "S256" in (found.get("code_challenge_methods_supported") or []):
            self._client.client_kwargs["code_challenge_method"] = "S256"
        return found


def _request(kept: dict[str, Any], query: Mapping[str, str] | None = None) -> Request:
    """What Authlib reads of a request: its query, and a session that it may write to."""
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "session": kept}
    return Request({**scope, "query_string": urlencode(query or {}).encode()})


def _code_of(error: Exception) -> str:
    import httpx2
    from authlib.integrations.starlette_client import OAuthError

    if isinstance(error, httpx2.HTTPError):
        return UNREACHABLE
    return _CODES.get(str(error.error), FAILED) if isinstance(error, OAuthError) else FAILED
