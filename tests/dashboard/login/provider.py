"""An OpenID Connect provider in this process, which signs whatever claims a test gives it."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT = "nablascope"


@dataclass
class Provider:
    """A provider; nonce is that of the sign-in which it answers, as it stood in its address."""

    url: str = ""
    issuer: str = ""  # that it calls itself
    claims: dict[str, Any] = field(default_factory=dict)
    nonce: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "k", "alg": "ES256"}))
    asked: list[dict[str, list[str]]] = field(default_factory=list)  # for tokens

    def document(self, path: str) -> Any:
        """What it answers to a GET."""
        if path == "/jwks":
            return {"keys": [self.key.as_dict(private=False)]}
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "end_session_endpoint": f"{self.url}/end",
            "id_token_signing_alg_values_supported": ["none", "HS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def token(self) -> Any:
        """What it answers to a code."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": self.nonce}
        signed = jwt.encode(
            {"alg": "ES256", "kid": "k"}, claims | self.claims, self.key, algorithms=["ES256"]
        )
        return {"id_token": signed, "access_token": "a", "token_type": "Bearer"}


@contextlib.contextmanager
def running() -> Iterator[Provider]:
    """The provider on a port of this machine."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(provider.document(self.path))

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["content-length"])).decode()
            provider.asked.append(parse_qs(sent))
            self.answer(provider.token())

        def answer(self, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Tests are silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join()
